//! Values out of a component: from its memory and its results into [bytes](super::wire), as the canonical ABI has it ("Lifting" and "Loading"). The
//! counterpart of [`lower`](super::lower).

use super::abi::{Cases, OfCase, Places, discriminant, flat_count, is_plain, layout, parts, payload, unsupported};
use super::handles::Handles;
use super::wire::{self, Writer, malformed};
use crate::limits::COMPONENT_VALUES_MAX;
use crate::value::Encoded;
use std::mem;
use wasmtime::component::__internal::wasmtime_environ::component::TypeListIndex;
use wasmtime::component::__internal::{CanonicalAbiInfo, InstanceType, InterfaceType, LiftContext};
use wasmtime::component::{ComponentNamedList, ComponentType, Lift, ResourceAny, ResourceDynamic};
use wasmtime::{Result, ValRaw};
use wasmtime::{bail, format_err};

/// The result of a call, if it has one, with `N` flat values; or all parameters of a host function's.
pub(super) struct Lifted<const N: usize> {
    values: Encoded,
    /// The guest's own resources among them, with the places of their numbers.
    resources: Vec<(usize, ResourceAny)>,
}

impl<const N: usize> Lifted<N> {
    /// The values, with numbers for the resources among them, and the numbers of those that are only lent, for as long as the host function runs.
    pub(super) fn numbered(mut self, handles: &Handles) -> Result<(Encoded, Vec<u64>)> {
        let mut lent = Vec::new();
        for (place, resource) in mem::take(&mut self.resources) {
            let number = handles.add(resource)?;
            if !resource.owned() {
                lent.push(number);
            }
            self.values.bytes[place..place + 8].copy_from_slice(&wire::number(number));
        }
        Ok((self.values, lent))
    }
}

// SAFETY: as for `Lowered`.
unsafe impl<const N: usize> ComponentType for Lifted<N> {
    type Lower = [ValRaw; N];

    const ABI: CanonicalAbiInfo =
        CanonicalAbiInfo { size32: 0, align32: 1, size64: 0, align64: 1, flat_count: Some(N as u8) };

    fn typecheck(_: &InterfaceType, _: &InstanceType<'_>) -> Result<()> {
        Ok(())
    }
}

// SAFETY: as for `Lowered`.
unsafe impl<const N: usize> ComponentNamedList for Lifted<N> {}

// SAFETY: what is read is checked as it is read.
unsafe impl<const N: usize> Lift for Lifted<N> {
    fn linear_lift_from_flat(cx: &mut LiftContext<'_>, ty: InterfaceType, src: &[ValRaw; N]) -> Result<Self> {
        let (flat, (_, align)) = (flat_count(cx.types, ty), layout(cx.types, ty));
        let mut values = Values::new(cx);
        match flat {
            Some(count) if count <= N => values.flat(ty, &src[..count])?,
            // A result that takes more than one value lies in the memory.
            _ => {
                let offset = src.first().ok_or_else(malformed)?.get_u32() as usize;
                values.aligned(offset, align)?;
                values.load(ty, offset)?;
            }
        }
        Ok(values.made())
    }

    fn linear_lift_from_memory(cx: &mut LiftContext<'_>, ty: InterfaceType, bytes: &[u8]) -> Result<Self> {
        // None of them are here, since how many there are is not known before; but they begin where the parameters do.
        let offset = (bytes.as_ptr() as usize).checked_sub(cx.memory().as_ptr() as usize).ok_or_else(malformed)?;
        let mut values = Values::new(cx);
        values.load(ty, offset)?;
        Ok(values.made())
    }
}

struct Values<'a, 'b> {
    cx: &'a mut LiftContext<'b>,
    writer: Writer,
    resources: Vec<(usize, ResourceAny)>,
    /// How many values of lists have been read.
    listed: usize,
}

impl<'a, 'b> Values<'a, 'b> {
    fn new(cx: &'a mut LiftContext<'b>) -> Self {
        Values { cx, writer: Writer::default(), resources: Vec::new(), listed: 0 }
    }

    fn made<const N: usize>(self) -> Lifted<N> {
        Lifted { values: self.writer.end(), resources: self.resources }
    }

    /// Bytes of the memory.
    fn at<const N: usize>(&self, offset: usize) -> Result<[u8; N]> {
        let found = self.cx.memory().get(offset..).and_then(|rest| rest.first_chunk());
        found.copied().ok_or_else(|| format_err!("pointer out of bounds of memory"))
    }

    fn aligned(&self, offset: usize, align: u32) -> Result<()> {
        if !offset.is_multiple_of(align as usize) {
            bail!("pointer not aligned");
        }
        Ok(())
    }

    fn flat(&mut self, ty: InterfaceType, src: &[ValRaw]) -> Result<()> {
        let [first, ..] = src else { return Ok(()) };
        match ty {
            InterfaceType::Bool => self.writer.u32(u32::from(first.get_u32() != 0)),
            InterfaceType::U8 => self.writer.u32(u32::from(first.get_u32() as u8)),
            InterfaceType::S8 => self.writer.u32(first.get_u32() as i8 as u32),
            InterfaceType::U16 => self.writer.u32(u32::from(first.get_u32() as u16)),
            InterfaceType::S16 => self.writer.u32(first.get_u32() as i16 as u32),
            InterfaceType::U32 | InterfaceType::S32 => self.writer.u32(first.get_u32()),
            InterfaceType::Char => self.char(first.get_u32())?,
            InterfaceType::U64 | InterfaceType::S64 => self.writer.two_words(first.get_u64().to_le_bytes()),
            InterfaceType::Float32 => self.writer.u32(first.get_f32()),
            InterfaceType::Float64 => self.writer.two_words(first.get_f64().to_le_bytes()),
            InterfaceType::String => {
                let pair = src.first_chunk::<2>().ok_or_else(malformed)?;
                let text = String::linear_lift_from_flat(self.cx, ty, pair)?;
                self.writer.text(&text);
            }
            InterfaceType::List(list) => {
                let [offset, count] = src.first_chunk::<2>().ok_or_else(malformed)?.map(|raw| raw.get_u32() as usize);
                self.list(list, offset, count)?;
            }
            InterfaceType::Record(index) => {
                let types = self.cx.types;
                self.flat_all(types[index].fields.iter().map(|field| field.ty), src)?;
            }
            InterfaceType::Tuple(index) => {
                let types = self.cx.types;
                self.flat_all(types[index].types.iter().copied(), src)?;
            }
            InterfaceType::Flags(index) => {
                let names = self.cx.types[index].names.len();
                for (word, raw) in src.iter().enumerate().take(names.div_ceil(32)) {
                    self.writer.u32(raw.get_u32() & mask(names, word));
                }
            }
            InterfaceType::Own(_) | InterfaceType::Borrow(_) => {
                self.resource(ty, first)?;
            }
            InterfaceType::Variant(_)
            | InterfaceType::Enum(_)
            | InterfaceType::Option(_)
            | InterfaceType::Result(_) => {
                let payload = self.case(ty, first.get_u32())?;
                if let Some(payload) = payload {
                    let count = flat_count(self.cx.types, payload).unwrap_or_default();
                    let values = src.get(1..1 + count).ok_or_else(malformed)?;
                    self.flat(payload, values)?;
                }
            }
            other => return Err(unsupported(other)),
        }
        Ok(())
    }

    fn flat_all(&mut self, types: impl Iterator<Item = InterfaceType>, mut src: &[ValRaw]) -> Result<()> {
        for ty in types {
            let count = flat_count(self.cx.types, ty);
            let (here, rest) = count.and_then(|count| src.split_at_checked(count)).ok_or_else(malformed)?;
            self.flat(ty, here)?;
            src = rest;
        }
        Ok(())
    }

    fn load(&mut self, ty: InterfaceType, offset: usize) -> Result<()> {
        match ty {
            InterfaceType::Bool => {
                let [byte] = self.at(offset)?;
                self.writer.u32(u32::from(byte != 0));
            }
            InterfaceType::U8 => self.writer.u32(self.at(offset).map(u8::from_le_bytes)?.into()),
            InterfaceType::S8 => self.writer.u32(self.at(offset).map(i8::from_le_bytes)? as u32),
            InterfaceType::U16 => self.writer.u32(self.at(offset).map(u16::from_le_bytes)?.into()),
            InterfaceType::S16 => self.writer.u32(self.at(offset).map(i16::from_le_bytes)? as u32),
            InterfaceType::U32 | InterfaceType::S32 | InterfaceType::Float32 => {
                self.writer.u32(self.at(offset).map(u32::from_le_bytes)?);
            }
            InterfaceType::Char => {
                let code = self.at(offset).map(u32::from_le_bytes)?;
                self.char(code)?;
            }
            InterfaceType::U64 | InterfaceType::S64 | InterfaceType::Float64 => {
                self.writer.two_words(self.at(offset)?);
            }
            InterfaceType::String => {
                let pair: [u8; 8] = self.at(offset)?;
                // Aligned, as wasmtime wants it: it looks at the place of the bytes, too.
                let pair = self.cx.memory().get(offset..offset + pair.len()).ok_or_else(malformed)?;
                let text = String::linear_lift_from_memory(self.cx, ty, pair)?;
                self.writer.text(&text);
            }
            InterfaceType::List(list) => {
                let [at, count] =
                    [self.at(offset)?, self.at(offset + 4)?].map(|bytes| u32::from_le_bytes(bytes) as usize);
                self.list(list, at, count)?;
            }
            InterfaceType::Flags(index) => {
                let (names, size) = (self.cx.types[index].names.len(), self.cx.types[index].abi.size32);
                for word in 0..names.div_ceil(32) {
                    let bits = match size {
                        1 => u32::from(u8::from_le_bytes(self.at(offset)?)),
                        2 => u32::from(u16::from_le_bytes(self.at(offset)?)),
                        _ => u32::from_le_bytes(self.at(offset + 4 * word)?),
                    };
                    self.writer.u32(bits & mask(names, word));
                }
            }
            InterfaceType::Own(_) | InterfaceType::Borrow(_) => {
                let raw = ValRaw::u32(self.at(offset).map(u32::from_le_bytes)?);
                self.resource(ty, &raw)?;
            }
            InterfaceType::Enum(_) => {
                let (size, _) = discriminant(self.cx.types, ty)?;
                let case = self.case_at(offset, size)?;
                self.case(ty, case)?;
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
        self.count(ty, places.count())?;
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
                    let place = places.at(index);
                    let case = self.case_at(place, size)?;
                    if let Some(payload) = self.case(ty, case)? {
                        cases.add(case, payload, place);
                    }
                }
                for OfCase { ty, places } in cases.all {
                    self.column(ty, Places::These { places: &places, plus: payload_at })?;
                }
            }
            _ => {
                for index in 0..places.count() {
                    self.load(ty, places.at(index))?;
                }
            }
        }
        Ok(())
    }

    /// Counts what is to become values of JavaScript, before it is read.
    fn count(&mut self, ty: InterfaceType, count: usize) -> Result<()> {
        let each = match ty {
            InterfaceType::Flags(index) => 1 + self.cx.types[index].names.len(),
            _ => 1,
        };
        self.listed = self.listed.saturating_add(count.saturating_mul(each));
        if self.listed > COMPONENT_VALUES_MAX {
            bail!("the lists have more than {COMPONENT_VALUES_MAX} values together, numbers in lists of numbers aside");
        }
        Ok(())
    }

    /// Numbers of so many bytes.
    fn plain<const N: usize>(&mut self, places: Places<'_>) -> Result<()> {
        if places.count() == 0 {
            return Ok(());
        }
        if N == 8 {
            self.writer.align();
        }
        for index in 0..places.count() {
            let value = self.at::<N>(places.at(index))?;
            self.writer.word_bytes(&value);
        }
        Ok(())
    }

    fn case_at(&self, offset: usize, size: usize) -> Result<u32> {
        Ok(match size {
            1 => u32::from(u8::from_le_bytes(self.at(offset)?)),
            2 => u32::from(u16::from_le_bytes(self.at(offset)?)),
            _ => u32::from_le_bytes(self.at(offset)?),
        })
    }

    fn list(&mut self, list: TypeListIndex, offset: usize, count: usize) -> Result<()> {
        let element = self.cx.types[list].element;
        let (size, align) = layout(self.cx.types, element);
        self.aligned(offset, align)?;
        let bytes = count.checked_mul(size).and_then(|bytes| self.cx.memory().get(offset..)?.get(..bytes));
        let bytes = bytes.ok_or_else(|| format_err!("list pointer/length out of bounds of memory"))?;
        // All elements may lie in one place, and lists within lists too: what is copied is counted before it is.
        self.cx.consume_fuel_array(count, size.max(1))?;
        self.writer.u32(count as u32);
        if is_plain(element) {
            if size == 8 {
                self.writer.align();
            }
            self.writer.bytes(bytes);
            return Ok(());
        }
        self.column(element, Places::Every { from: offset, step: size, count })
    }

    fn char(&mut self, code: u32) -> Result<()> {
        let Some(known) = char::from_u32(code) else { bail!("integer {code} is no char") };
        self.writer.u32(known.into());
        Ok(())
    }

    /// The type of the value of a case, which is written.
    fn case(&mut self, ty: InterfaceType, case: u32) -> Result<Option<InterfaceType>> {
        let payload = payload(self.cx.types, ty, case);
        self.writer.u32(case);
        payload.ok_or_else(|| format_err!("unexpected discriminant: {case}"))
    }

    /// One of the host's has its number; one of the guest's gets one later.
    fn resource(&mut self, ty: InterfaceType, raw: &ValRaw) -> Result<()> {
        if ResourceDynamic::typecheck(&ty, &self.cx.instance_type()).is_ok() {
            let resource = ResourceDynamic::linear_lift_from_flat(self.cx, ty, raw)?;
            self.writer.two_words(wire::number(resource.rep().into()));
            return Ok(());
        }
        let resource = ResourceAny::linear_lift_from_flat(self.cx, ty, raw)?;
        let place = self.writer.number_later();
        self.resources.push((place, resource));
        Ok(())
    }
}

/// The bits of a word that stand for flags.
fn mask(names: usize, word: usize) -> u32 {
    match names - 32 * word {
        32.. => u32::MAX,
        left => (1 << left) - 1,
    }
}
