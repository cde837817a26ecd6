//! What a component's world has, and what each of its types is called in declarations.

use super::names::{Taken, pascal};
use std::collections::{HashMap, HashSet};
use wit_parser::{
    Function, Handle, InterfaceId, Resolve, Type, TypeDefKind, TypeId, World as WitWorld, WorldId, WorldItem,
};

/// Who provides something: the app, or the component. The same interface can be declared for both.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Side {
    Import,
    Export,
}

/// An interface, as it is declared for one side.
pub(super) struct Interface {
    pub(super) side: Side,
    pub(super) id: InterfaceId,
    /// Its names in the world, with the version. Most have one.
    pub(super) keys: Vec<String>,
    /// What it is called in declarations.
    pub(super) name: String,
    /// Is it of WASI, and so nothing that an app has to give?
    pub(super) is_wasi: bool,
    /// Those of its types that an app has to do with.
    pub(super) types: Vec<TypeId>,
    /// Has an app to do with the interface itself? It gives nothing for one that only has types.
    pub(super) is_used: bool,
}

pub(super) struct World<'a> {
    pub(super) resolve: &'a Resolve,
    pub(super) wit: &'a WitWorld,
    pub(super) interfaces: Vec<Interface>,
    names: HashMap<(Side, TypeId), String>,
    /// What the class itself is called, of a resource that the app provides.
    classes: HashMap<TypeId, String>,
    /// Types that can be undefined already, so that no option of them can be told by that.
    nullable: HashSet<TypeId>,
    /// The functions of resources.
    methods: HashMap<(Side, TypeId), Vec<&'a Function>>,
}

impl<'a> World<'a> {
    /// `api` is what the whole world is called, `own` are the types that are declared in it anyway.
    pub(super) fn new(resolve: &'a Resolve, id: WorldId, api: &str, own: &[&str]) -> Self {
        let wit = &resolve.worlds[id];
        let mut world = World {
            resolve,
            wit,
            interfaces: Vec::new(),
            names: HashMap::new(),
            classes: HashMap::new(),
            nullable: HashSet::new(),
            methods: HashMap::new(),
        };
        world.find_nullable();
        let mut known = HashMap::new();
        // Of all that is seen where the world is declared no two may have one name.
        let mut taken = Taken::for_types();
        own.iter().chain([&api]).for_each(|name| drop(taken.take(name)));
        // What is exported is named more often, so it gets the plain names.
        for side in [Side::Export, Side::Import] {
            for (key, item) in world.items(side) {
                let WorldItem::Interface { id, .. } = item else { continue };
                let key = resolve.name_world_key(key);
                if let Some(at) = known.get(&(side, *id)) {
                    let interface: &mut Interface = &mut world.interfaces[*at];
                    interface.keys.push(key);
                    continue;
                }
                let is_both = known.contains_key(&(Side::Export, *id));
                known.insert((side, *id), world.interfaces.len());
                world.add_interface(side, *id, key, is_both, &mut taken);
            }
        }
        for side in [Side::Export, Side::Import] {
            let types: Vec<TypeId> = world.types(side).collect();
            world.add_types(side, &types, api, &mut taken);
            world.add_methods(side, world.functions(side));
        }
        world.reach();
        world
    }

    pub(super) fn items(
        &self,
        side: Side,
    ) -> impl Iterator<Item = (&'a wit_parser::WorldKey, &'a WorldItem)> + use<'a> {
        match side {
            Side::Import => self.wit.imports.iter(),
            Side::Export => self.wit.exports.iter(),
        }
    }

    /// The functions of the world itself.
    pub(super) fn functions(&self, side: Side) -> impl Iterator<Item = &'a Function> + use<'a> {
        self.items(side).filter_map(|(_, item)| match item {
            WorldItem::Function(function) => Some(function),
            _ => None,
        })
    }

    /// The types of the world itself.
    pub(super) fn types(&self, side: Side) -> impl Iterator<Item = TypeId> + use<'a> {
        self.items(side).filter_map(|(_, item)| match item {
            WorldItem::Type { id, .. } => Some(*id),
            _ => None,
        })
    }

    /// The name by which a type is known on this side, if it has one. A component that exports something speaks of its own types, where it
    /// has such, and of those of the app otherwise.
    pub(super) fn name(&self, side: Side, id: TypeId) -> Option<&str> {
        let names = [side, Side::Import, Side::Export].into_iter().find_map(|side| self.names.get(&(side, id)));
        names.map(String::as_str)
    }

    pub(super) fn class(&self, id: TypeId) -> &str {
        self.classes.get(&id).map_or("unknown", String::as_str)
    }

    pub(super) fn is_resource(&self, id: TypeId) -> bool {
        matches!(self.resolve.types[id].kind, TypeDefKind::Resource)
    }

    /// The functions of a resource.
    pub(super) fn methods(&self, side: Side, id: TypeId) -> &[&'a Function] {
        self.methods.get(&(side, id)).map_or(&[], Vec::as_slice)
    }

    /// Does `undefined` stand for a value of this type?
    pub(super) fn is_nullable(&self, ty: &Type) -> bool {
        matches!(ty, Type::Id(id) if self.nullable.contains(id))
    }

    /// What a type is behind its aliases.
    pub(super) fn kind(&self, ty: &Type) -> Option<&'a TypeDefKind> {
        let mut ty = *ty;
        while let Type::Id(id) = ty {
            match &self.resolve.types[id].kind {
                TypeDefKind::Type(aliased) => ty = *aliased,
                kind => return Some(kind),
            }
        }
        None
    }

    fn add_interface(&mut self, side: Side, id: InterfaceId, key: String, is_both: bool, taken: &mut Taken) {
        let interface = &self.resolve.interfaces[id];
        let package = interface.package.map(|package| &self.resolve.packages[package].name);
        let (path, version) = key.split_once('@').unwrap_or((&key, ""));
        let mut name = pascal(path) + if is_both { "Import" } else { "" };
        if !taken.try_take(&name) {
            let version = version.replace(|c: char| !c.is_ascii_alphanumeric(), "_");
            name = taken.take(&if version.is_empty() { name } else { format!("{name}_{version}") });
        }
        let types: Vec<TypeId> = interface.types.values().copied().collect();
        self.add_types(side, &types, &name, &mut Taken::for_types());
        self.add_methods(side, interface.functions.values());
        let is_wasi = package.is_some_and(|package| package.namespace == "wasi");
        let has_resource = types.iter().any(|id| self.is_resource(*id));
        let is_used = side == Side::Export || !is_wasi && (has_resource || !interface.functions.is_empty());
        self.interfaces.push(Interface { side, id, keys: vec![key], name, is_wasi, types, is_used });
    }

    fn add_methods(&mut self, side: Side, functions: impl Iterator<Item = &'a Function>) {
        for function in functions {
            if let Some(id) = function.kind.resource() {
                self.methods.entry((side, id)).or_default().push(function);
            }
        }
    }

    fn add_types(&mut self, side: Side, types: &[TypeId], namespace: &str, taken: &mut Taken) {
        for id in types {
            let name = taken.take(&pascal(self.resolve.types[*id].name.as_deref().unwrap_or("anonymous")));
            self.names.insert((side, *id), format!("{namespace}.{name}"));
        }
        for id in types {
            if side == Side::Import && self.is_resource(*id) {
                let name = self.names[&(side, *id)].rsplit('.').next().unwrap_or_default().to_owned();
                self.classes.insert(*id, format!("{namespace}.{}", taken.take(&(name + "Class"))));
            }
        }
    }

    /// An option of what is no option is a value or undefined; an option of that has tags; and so on.
    fn find_nullable(&mut self) {
        // Types stand after those that they are made of.
        for (id, ty) in &self.resolve.types {
            let is_nullable = match &ty.kind {
                TypeDefKind::Option(inner) => !self.is_nullable(inner),
                TypeDefKind::Type(aliased) => self.is_nullable(aliased),
                _ => false,
            };
            if is_nullable {
                self.nullable.insert(id);
            }
        }
    }

    /// Keeps of the interfaces those types that something else than WASI names.
    fn reach(&mut self) {
        let mut reached = HashSet::new();
        let mut waiting: Vec<Type> = Vec::new();
        for interface in self.interfaces.iter().filter(|interface| !interface.is_wasi || interface.side == Side::Export)
        {
            let interface = &self.resolve.interfaces[interface.id];
            waiting.extend(interface.types.values().map(|id| Type::Id(*id)));
            waiting.extend(interface.functions.values().flat_map(Function::parameter_and_result_types));
        }
        for side in [Side::Import, Side::Export] {
            waiting.extend(self.types(side).map(Type::Id));
            waiting.extend(self.functions(side).flat_map(Function::parameter_and_result_types));
        }
        while let Some(ty) = waiting.pop() {
            if let Type::Id(id) = ty
                && reached.insert(id)
            {
                waiting.extend(within(&self.resolve.types[id].kind));
            }
        }
        self.interfaces.iter_mut().for_each(|interface| interface.types.retain(|id| reached.contains(id)));
    }
}

/// The types that a type is made of.
fn within(kind: &TypeDefKind) -> Vec<Type> {
    match kind {
        TypeDefKind::Record(record) => record.fields.iter().map(|field| field.ty).collect(),
        TypeDefKind::Tuple(tuple) => tuple.types.clone(),
        TypeDefKind::Variant(variant) => variant.cases.iter().filter_map(|case| case.ty).collect(),
        TypeDefKind::Result(result) => result.ok.into_iter().chain(result.err).collect(),
        TypeDefKind::Option(ty)
        | TypeDefKind::List(ty)
        | TypeDefKind::FixedLengthList(ty, _)
        | TypeDefKind::Type(ty) => vec![*ty],
        TypeDefKind::Map(key, value) => vec![*key, *value],
        TypeDefKind::Handle(Handle::Own(id) | Handle::Borrow(id)) => vec![Type::Id(*id)],
        TypeDefKind::Future(ty) | TypeDefKind::Stream(ty) => ty.iter().copied().collect(),
        TypeDefKind::Resource | TypeDefKind::Flags(_) | TypeDefKind::Enum(_) | TypeDefKind::Unknown => Vec::new(),
    }
}
