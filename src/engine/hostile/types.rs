//! What is known of a module's types when the bodies of its functions are read.

/// How wide a type is: the values that an instruction moves which names nothing but the type.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Width {
    pub(super) params: u32,
    pub(super) results: u32,
    pub(super) fields: u32,
}

impl Width {
    pub(super) fn signature(self) -> u64 {
        u64::from(self.params) + u64::from(self.results)
    }
}

/// The types of a module, and of its functions.
#[derive(Debug, Default)]
pub(super) struct Types {
    /// By type index.
    pub(super) types: Vec<Width>,
    /// By function index, imported ones first: the type's index.
    pub(super) functions: Vec<u32>,
}

impl Types {
    pub(super) fn width(&self, ty: u32) -> Width {
        self.types.get(ty as usize).copied().unwrap_or_default()
    }

    pub(super) fn type_of(&self, function: u32) -> u32 {
        self.functions.get(function as usize).copied().unwrap_or(u32::MAX)
    }
}
