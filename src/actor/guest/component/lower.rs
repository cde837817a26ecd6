//! Values into a component: from their [bytes](super::wire) straight into its memory and its parameters, as the canonical ABI has it
//! (<https://github.com/WebAssembly/component-model/blob/main/design/mvp/CanonicalABI.md>, "Lowering" and "Storing").
//!
//! wasmtime's dynamic values would take 40 bytes for each byte of a list and a string for the name of each field. Its static ones are made for
//! types that Rust knows; what is here passes for one of these, and finds out at each call what the types are.

use super::abi::{Cases, OfCase, Places, discriminant, flat_count, is_plain, layout, parts, payload, unsupported};
use super::handles::{Handles, NotThere};
use super::resources::HostTypes;
use super::wire::{Reader, malformed};
use crate::value::Encoded;
use std::mem::MaybeUninit;
use std::sync::Arc;
use wasmtime::component::__internal::wasmtime_environ::component::{MAX_FLAT_PARAMS, TypeListIndex};
use wasmtime::component::__internal::{CanonicalAbiInfo, InstanceType, InterfaceType, LowerContext};
use wasmtime::component::{ComponentNamedList, ComponentType, Lower, ResourceAny, ResourceDynamic};
use wasmtime::format_err;
use wasmtime::{Result, ValRaw};

/// All parameters of a call, with `N` the most that go flat; or all results of a host function, with `N` of them flat.
pub(super) struct Lowered<const N: usize> {
    pub(super) values: Encoded,
    pub(super) handles: Handles,
    pub(super) host: Arc<HostTypes>,
}

// SAFETY: `Lower` is an array of `ValRaw`. Which types there are is not known before the call, so none is refused here: the values are written by the
// types that wasmtime gives with each call, as many as these have, and what is read of the bytes is checked as it is read.
unsafe impl<const N: usize> ComponentType for Lowered<N> {
    type Lower = [ValRaw; N];

    const ABI: CanonicalAbiInfo =
        CanonicalAbiInfo { size32: 0, align32: 1, size64: 0, align64: 1, flat_count: Some(N as u8) };

    fn typecheck(_: &InterfaceType, _: &InstanceType<'_>) -> Result<()> {
        Ok(())
    }
}

// SAFETY: as above.
unsafe impl<const N: usize> ComponentNamedList for Lowered<N> {}

// SAFETY: all places of `dst` are written.
unsafe impl<const N: usize> Lower for Lowered<N> {
    fn linear_lower_to_flat<T>(
        &self,
        cx: &mut LowerContext<'_, T>,
        ty: InterfaceType,
        dst: &mut MaybeUninit<[ValRaw; N]>,
    ) -> Result<()> {
        let dst = dst.write([ValRaw::u64(0); N]);
        let (flat, (size, align)) = (flat_count(cx.types, ty), layout(cx.types, ty));
        let mut values = self.values(cx);
        match flat {
            Some(count) if count <= N => values.flat(ty, &mut dst[..count])?,
            // More than there is room for go in the memory, and where that is in the first place.
            _ => {
                debug_assert_eq!(N, MAX_FLAT_PARAMS);
                let offset = values.room(align, size)?;
                values.store(ty, offset)?;
                dst[0] = ValRaw::i64(offset as i64);
            }
        }
        values.reader.end()
    }

    fn linear_lower_to_memory<T>(&self, cx: &mut LowerContext<'_, T>, ty: InterfaceType, offset: usize) -> Result<()> {
        let mut values = self.values(cx);
        values.store(ty, offset)?;
        values.reader.end()
    }
}

impl<const N: usize> Lowered<N> {
    fn values<'a, 'b, T>(&'a self, cx: &'a mut LowerContext<'b, T>) -> Values<'a, 'b, T> {
        Values { reader: Reader::new(&self.values), handles: &self.handles, host: &self.host, cx }
    }
}

struct Values<'a, 'b, T: 'static> {
    reader: Reader<'a>,
    handles: &'a Handles,
    host: &'a HostTypes,
    cx: &'a mut LowerContext<'b, T>,
}

impl<T> Values<'_, '_, T> {
    fn room(&mut self, align: u32, size: usize) -> Result<usize> {
        self.cx.realloc(0, 0, align, size)
    }

    fn put<const N: usize>(&mut self, offset: usize, bytes: [u8; N]) {
        *self.cx.get(offset) = bytes;
    }

    /// As core values, as many as the type has.
    fn flat(&mut self, ty: InterfaceType, dst: &mut [ValRaw]) -> Result<()> {
        let [first, ..] = dst else { return Ok(()) };
        match ty {
            InterfaceType::Bool
            | InterfaceType::U8
            | InterfaceType::S8
            | InterfaceType::U16
            | InterfaceType::S16
            | InterfaceType::U32
            | InterfaceType::S32 => *first = ValRaw::u32(self.reader.u32()?),
            InterfaceType::Char => *first = ValRaw::u32(self.char()?),
            InterfaceType::U64 | InterfaceType::S64 => {
                *first = ValRaw::u64(self.reader.two_words().map(u64::from_le_bytes)?);
            }
            InterfaceType::Float32 => *first = ValRaw::f32(self.reader.u32()?),
            InterfaceType::Float64 => *first = ValRaw::f64(self.reader.two_words().map(u64::from_le_bytes)?),
            InterfaceType::String => {
                let text = self.reader.text()?;
                let mut pair = MaybeUninit::uninit();
                text.linear_lower_to_flat(self.cx, ty, &mut pair)?;
                // SAFETY: it is written where that succeeds.
                let pair: [ValRaw; 2] = unsafe { pair.assume_init() };
                dst.copy_from_slice(&pair);
            }
            InterfaceType::List(list) => {
                let (offset, count) = self.list(list)?;
                dst.copy_from_slice(&[ValRaw::i64(offset as i64), ValRaw::i64(count as i64)]);
            }
            InterfaceType::Record(index) => {
                let types = self.cx.types;
                self.flat_all(types[index].fields.iter().map(|field| field.ty), dst)?;
            }
            InterfaceType::Tuple(index) => {
                let types = self.cx.types;
                self.flat_all(types[index].types.iter().copied(), dst)?;
            }
            InterfaceType::Flags(index) => {
                for word in dst.iter_mut().take(self.cx.types[index].names.len().div_ceil(32)) {
                    *word = ValRaw::u32(self.reader.u32()?);
                }
            }
            InterfaceType::Own(_) | InterfaceType::Borrow(_) => {
                *first = ValRaw::u32(self.resource(ty)?);
            }
            InterfaceType::Variant(_)
            | InterfaceType::Enum(_)
            | InterfaceType::Option(_)
            | InterfaceType::Result(_) => {
                let (case, payload) = self.case(ty)?;
                let (discriminant, rest) = dst.split_first_mut().ok_or_else(malformed)?;
                *discriminant = ValRaw::u32(case);
                if let Some(payload) = payload {
                    let count = flat_count(self.cx.types, payload).unwrap_or_default();
                    self.flat(payload, rest.get_mut(..count).ok_or_else(malformed)?)?;
                }
            }
            other => return Err(unsupported(other)),
        }
        Ok(())
    }

    fn flat_all(&mut self, types: impl Iterator<Item = InterfaceType>, mut dst: &mut [ValRaw]) -> Result<()> {
        for ty in types {
            let count = flat_count(self.cx.types, ty);
            let (here, rest) = count.and_then(|count| dst.split_at_mut_checked(count)).ok_or_else(malformed)?;
            self.flat(ty, here)?;
            dst = rest;
        }
        Ok(())
    }

    /// In the memory, at a place that is large enough and aligned.
    fn store(&mut self, ty: InterfaceType, offset: usize) -> Result<()> {
        match ty {
            InterfaceType::Bool | InterfaceType::U8 | InterfaceType::S8 => {
                let [byte, ..] = self.reader.word()?;
                self.put(offset, [byte]);
            }
            InterfaceType::U16 | InterfaceType::S16 => {
                let [low, high, ..] = self.reader.word()?;
                self.put(offset, [low, high]);
            }
            InterfaceType::U32 | InterfaceType::S32 | InterfaceType::Float32 => {
                let word = self.reader.word()?;
                self.put(offset, word);
            }
            InterfaceType::Char => {
                let code = self.char()?;
                self.put(offset, code.to_le_bytes());
            }
            InterfaceType::U64 | InterfaceType::S64 | InterfaceType::Float64 => {
                let words = self.reader.two_words()?;
                self.put(offset, words);
            }
            InterfaceType::String => self.reader.text()?.linear_lower_to_memory(self.cx, ty, offset)?,
            InterfaceType::List(list) => {
                let (at, count) = self.list(list)?;
                self.put(offset, (at as u32).to_le_bytes());
                self.put(offset + 4, (count as u32).to_le_bytes());
            }
            InterfaceType::Flags(index) => {
                let (names, size) = (self.cx.types[index].names.len(), self.cx.types[index].abi.size32);
                for word in 0..names.div_ceil(32) {
                    let bits = self.reader.word()?;
                    match size {
                        1 => self.put(offset, [bits[0]]),
                        2 => self.put(offset, [bits[0], bits[1]]),
                        _ => self.put(offset + 4 * word, bits),
                    }
                }
            }
            InterfaceType::Own(_) | InterfaceType::Borrow(_) => {
                let index = self.resource(ty)?;
                self.put(offset, index.to_le_bytes());
            }
            InterfaceType::Enum(_) => {
                let (size, _) = discriminant(self.cx.types, ty)?;
                let (case, _) = self.case(ty)?;
                self.put_case(offset, size, case);
            }
            InterfaceType::Record(_)
            | InterfaceType::Tuple(_)
            | InterfaceType::Variant(_)
            | InterfaceType::Option(_)
            | InterfaceType::Result(_) => self.column(ty, Places::one(offset))?,
            other => return Err(unsupported(other)),
        }
        Ok(())
    }

    /// Values of one type, each in the memory as one would be.
    fn column(&mut self, ty: InterfaceType, places: Places<'_>) -> Result<()> {
        match ty {
            InterfaceType::U32 | InterfaceType::S32 | InterfaceType::Float32 => self.plain::<4>(places)?,
            InterfaceType::U64 | InterfaceType::S64 | InterfaceType::Float64 => self.plain::<8>(places)?,
            InterfaceType::Record(_) | InterfaceType::Tuple(_) => {
                for (ty, at) in parts(self.cx.types, ty).unwrap_or_default() {
                    self.column(ty, places.within(at))?;
                }
            }
            InterfaceType::Variant(_) | InterfaceType::Option(_) | InterfaceType::Result(_) => {
                let (size, payload_at) = discriminant(self.cx.types, ty)?;
                let mut cases = Cases::default();
                for index in 0..places.count() {
                    let (case, payload) = self.case(ty)?;
                    let place = places.at(index);
                    self.put_case(place, size, case);
                    if let Some(payload) = payload {
                        cases.add(case, payload, place);
                    }
                }
                for OfCase { ty, places } in cases.all {
                    self.column(ty, Places::These { places: &places, plus: payload_at })?;
                }
            }
            _ => {
                for index in 0..places.count() {
                    self.store(ty, places.at(index))?;
                }
            }
        }
        Ok(())
    }

    /// Numbers of so many bytes.
    fn plain<const N: usize>(&mut self, places: Places<'_>) -> Result<()> {
        if places.count() == 0 {
            return Ok(());
        }
        if N == 8 {
            self.reader.align();
        }
        let (values, _) = self.reader.bytes(places.count() * N)?.as_chunks::<N>();
        let memory = self.cx.as_slice_mut();
        for (index, value) in values.iter().enumerate() {
            memory[places.at(index)..][..N].copy_from_slice(value);
        }
        Ok(())
    }

    fn put_case(&mut self, offset: usize, size: usize, case: u32) {
        match size {
            1 => self.put(offset, [case as u8]),
            2 => self.put(offset, (case as u16).to_le_bytes()),
            _ => self.put(offset, case.to_le_bytes()),
        }
    }

    /// Where the elements lie, and how many there are.
    fn list(&mut self, list: TypeListIndex) -> Result<(usize, usize)> {
        let element = self.cx.types[list].element;
        let count = self.reader.u32()? as usize;
        let (size, align) = layout(self.cx.types, element);
        let bytes = count.checked_mul(size).filter(|bytes| u32::try_from(*bytes).is_ok());
        let bytes =
            bytes.ok_or_else(|| format_err!("a list of {count} elements does not fit in the guest's memory"))?;
        let offset = self.room(align, bytes)?;
        if is_plain(element) {
            if size == 8 {
                self.reader.align();
            }
            let values = self.reader.bytes(bytes)?;
            self.cx.as_slice_mut()[offset..][..bytes].copy_from_slice(values);
            return Ok((offset, count));
        }
        self.column(element, Places::Every { from: offset, step: size, count })?;
        Ok((offset, count))
    }

    fn char(&mut self) -> Result<u32> {
        let code = self.reader.u32()?;
        char::from_u32(code).map(u32::from).ok_or_else(malformed)
    }

    /// Which case, and the type of its value.
    fn case(&mut self, ty: InterfaceType) -> Result<(u32, Option<InterfaceType>)> {
        let case = self.reader.u32()?;
        let payload = payload(self.cx.types, ty, case).ok_or_else(malformed)?;
        Ok((case, payload))
    }

    /// The index by which the guest knows a resource.
    fn resource(&mut self, ty: InterfaceType) -> Result<u32> {
        let number = self.reader.number()?;
        let (index, owned) = match ty {
            InterfaceType::Own(index) => (index, true),
            InterfaceType::Borrow(index) => (index, false),
            other => return Err(unsupported(other)),
        };
        let mut lowered = MaybeUninit::uninit();
        match self.host.number(self.cx.resource_type(index)) {
            Some(host_type) => {
                // A number of the host's own.
                let rep = u32::try_from(number).map_err(|_| malformed())?;
                let resource = match owned {
                    true => ResourceDynamic::new_own(rep, host_type),
                    false => ResourceDynamic::new_borrow(rep, host_type),
                };
                resource.linear_lower_to_flat(self.cx, ty, &mut lowered)?;
            }
            None => {
                let found = if owned { self.handles.take(number) } else { self.handles.get(number) };
                let resource: ResourceAny = found.ok_or(NotThere)?;
                resource.linear_lower_to_flat(self.cx, ty, &mut lowered)?;
            }
        }
        // SAFETY: it is written where that succeeds.
        Ok(unsafe { lowered.assume_init() }.get_u32())
    }
}
