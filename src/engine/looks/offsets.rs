//! From an offset in a rewritten module to the one in the original that it comes from.

/// Where the bytes of a rewritten module come from.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Offsets {
    /// By their order: from this offset of the rewritten module on, its bytes are those of the original from that offset on, up to where the
    /// next ones begin in the original. What is between these has been put in there.
    copied: Vec<(u32, u32)>,
}

impl Offsets {
    /// From here on bytes are copied from there.
    pub(super) fn copied_from(&mut self, here: usize, there: usize) {
        let number = |offset: usize| u32::try_from(offset).unwrap_or(u32::MAX);
        self.copied.push((number(here), number(there)));
    }

    /// The offset in the original. Of what has been put in, it is that of what comes after.
    pub fn original(&self, offset: usize) -> usize {
        let wanted = u32::try_from(offset).unwrap_or(u32::MAX);
        let after = self.copied.partition_point(|(here, _)| *here <= wanted);
        let Some((here, there)) = after.checked_sub(1).map(|at| self.copied[at]) else { return offset };
        let end = self.copied.get(after).map_or(u32::MAX, |(_, there)| *there);
        there.saturating_add(wanted - here).min(end) as usize
    }

    /// In few bytes.
    pub(crate) fn encode(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(3 * self.copied.len());
        let mut last = (0, 0);
        for (here, there) in &self.copied {
            put(&mut bytes, here - last.0);
            put(&mut bytes, there - last.1);
            last = (*here, *there);
        }
        bytes
    }

    /// What was encoded. `None` for anything else.
    pub(crate) fn decode(mut bytes: &[u8]) -> Option<Self> {
        let (mut copied, mut last) = (Vec::new(), (0_u32, 0_u32));
        while !bytes.is_empty() {
            last = (last.0.checked_add(take(&mut bytes)?)?, last.1.checked_add(take(&mut bytes)?)?);
            copied.push(last);
        }
        Some(Offsets { copied })
    }
}

/// Appends a number as modules have them.
pub(super) fn put(bytes: &mut Vec<u8>, mut number: u32) {
    loop {
        let low = (number & 0x7f) as u8;
        number >>= 7;
        if number == 0 {
            return bytes.push(low);
        }
        bytes.push(low | 0x80);
    }
}

fn take(bytes: &mut &[u8]) -> Option<u32> {
    let mut number = 0_u32;
    for shift in (0..32).step_by(7) {
        let (byte, rest) = bytes.split_first()?;
        *bytes = rest;
        number |= u32::from(byte & 0x7f).checked_shl(shift)?;
        if byte & 0x80 == 0 {
            return Some(number);
        }
    }
    None
}
