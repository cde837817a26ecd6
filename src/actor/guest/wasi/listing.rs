//! The listing of a folder: the system's own cursor, and what was read last.
//!
//! The system names each place between two entries, and what it names stays where it is when files are made and removed: so none
//! that stays is left out or comes twice. Its names are large numbers, and C libraries of guests cut them to 32 bits; so a guest gets small
//! ones for them, as long as there is room to remember which is which.

use rustix::fs::{AtFlags, FileType, Mode, OFlags, RawDir, SeekFrom, fstat, openat, seek, statat};
use rustix::io::{Errno, Result};
use std::collections::HashMap;
use std::ffi::{CStr, CString};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::os::fd::{AsFd, OwnedFd};

/// Bytes that the system is asked for at a time: some hundred entries.
const BATCH_BYTES: usize = 16 * 1024;
/// From here on a guest's number is the system's and this.
const AS_IT_IS: u64 = 1 << 32;

/// A place between two entries, as the system names it. The first is 0.
pub(super) type Place = u64;

/// One name in a folder.
pub(super) struct Entry {
    /// Whatever bytes it consists of.
    pub(super) name: CString,
    /// As a guest sees it.
    pub(super) inode: u64,
    pub(super) kind: FileType,
    /// The place behind it.
    pub(super) next: Place,
}

/// A folder that is being listed.
pub(super) struct Listing {
    handle: OwnedFd,
    device: u64,
    /// What a guest sees as the folder's own inode.
    pub(super) inode: u64,
    /// The place before the batch.
    begin: Place,
    batch: Vec<Entry>,
    /// The entry of the batch that is next, if nobody goes elsewhere.
    at: usize,
    places: Places,
    buffer: Vec<u8>,
}

/// The inode that guests are shown, which knows the device too.
pub(super) fn shown_inode(device: u64, inode: u64) -> u64 {
    let mut hasher = DefaultHasher::new();
    (device, inode).hash(&mut hasher);
    hasher.finish()
}

impl Listing {
    /// Opens what is open already a second time, with a cursor of its own.
    pub(super) fn open(folder: impl AsFd) -> Result<Listing> {
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let handle = openat(folder, c".", flags, Mode::empty())?;
        let stat = fstat(&handle)?;
        Ok(Listing {
            device: stat.st_dev,
            inode: shown_inode(stat.st_dev, stat.st_ino),
            handle,
            begin: 0,
            batch: Vec::new(),
            at: 0,
            places: Places::default(),
            buffer: Vec::with_capacity(BATCH_BYTES),
        })
    }

    /// Goes to a place. Nothing is read again that was read last.
    pub(super) fn go_to(&mut self, place: Place) -> Result<()> {
        let before = |at: usize| at.checked_sub(1).map_or(self.begin, |before| self.batch[before].next);
        if before(self.at) == place {
            return Ok(());
        }
        match (0..=self.batch.len()).find(|at| before(*at) == place) {
            Some(at) => self.at = at,
            None => self.go_back_to(place)?,
        }
        Ok(())
    }

    /// Goes to a place, and sees what is there by now.
    pub(super) fn go_back_to(&mut self, place: Place) -> Result<()> {
        seek(&self.handle, SeekFrom::Start(place))?;
        self.begin = place;
        self.batch.clear();
        self.at = 0;
        Ok(())
    }

    /// The next entry, without `.` and `..`, and the guest's number of the place behind it. `None` behind the last one.
    pub(super) fn next(&mut self, room: &mut usize) -> Result<Option<(&Entry, u64)>> {
        if self.at == self.batch.len() {
            self.read_batch()?;
        }
        let Some(entry) = self.batch.get(self.at) else { return Ok(None) };
        self.at += 1;
        Ok(Some((entry, self.places.number(entry.next, room))))
    }

    /// The place of a guest's number, if it is one.
    pub(super) fn place(&self, number: u64) -> Option<Place> {
        self.places.place(number)
    }

    /// How many places are remembered.
    pub(super) fn places(&self) -> usize {
        self.places.known.len()
    }

    /// Reads the entries behind the batch. There may be none.
    fn read_batch(&mut self) -> Result<()> {
        self.begin = self.batch.last().map_or(self.begin, |last| last.next);
        self.batch.clear();
        self.at = 0;
        let mut entries = RawDir::new(&self.handle, self.buffer.spare_capacity_mut());
        // What one call of the system gives, or several where it gives nothing but `.` and `..`.
        while self.batch.is_empty() || !entries.is_buffer_empty() {
            let entry = match entries.next() {
                Some(Ok(entry)) => entry,
                // The folder itself has been removed: it has no entries.
                None | Some(Err(Errno::NOENT)) => break,
                Some(Err(error)) => return Err(error),
            };
            let name = entry.file_name();
            if matches!(name.to_bytes(), b"." | b"..") {
                continue;
            }
            let kind = match entry.file_type() {
                FileType::Unknown => kind_of(&self.handle, name),
                kind => kind,
            };
            let (inode, next) = (shown_inode(self.device, entry.ino()), entry.next_entry_cookie());
            self.batch.push(Entry { name: name.to_owned(), inode, kind, next });
        }
        Ok(())
    }
}

/// The kind of a file, where its folder does not tell.
fn kind_of(folder: impl AsFd, name: &CStr) -> FileType {
    let stat = statat(folder, name, AtFlags::SYMLINK_NOFOLLOW);
    stat.map_or(FileType::Unknown, |stat| FileType::from_raw_mode(stat.st_mode))
}

/// A guest's numbers for places: 0 for the first, and so on as they come; behind what is remembered, the system's.
#[derive(Default)]
struct Places {
    known: Vec<Place>,
    numbers: HashMap<Place, u64>,
}

impl Places {
    /// The number of a place that is not the first. `room` is how many more may be remembered.
    fn number(&mut self, place: Place, room: &mut usize) -> u64 {
        if let Some(number) = self.numbers.get(&place) {
            return *number;
        }
        if *room == 0 {
            return AS_IT_IS.saturating_add(place);
        }
        *room -= 1;
        self.known.push(place);
        let number = self.known.len() as u64;
        self.numbers.insert(place, number);
        number
    }

    fn place(&self, number: u64) -> Option<Place> {
        match number {
            0 => Some(0),
            AS_IT_IS.. => Some(number - AS_IT_IS),
            _ => self.known.get(number as usize - 1).copied(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs::{self, File};

    fn names(folder: &mut Listing, count: usize, room: &mut usize) -> Vec<(String, u64)> {
        let mut names = Vec::new();
        while names.len() < count
            && let Some((entry, number)) = folder.next(room).unwrap()
        {
            names.push((entry.name.to_str().unwrap().to_owned(), number));
        }
        names
    }

    #[test]
    fn a_number_is_the_same_place_whatever_is_made_and_removed() {
        let temp = tempfile::tempdir().unwrap();
        (0..3000).for_each(|n| drop(File::create(temp.path().join(format!("file{n}"))).unwrap()));
        // Places without room for their numbers are as good.
        for mut room in [usize::MAX, 1000, 0] {
            let mut folder = Listing::open(File::open(temp.path()).unwrap()).unwrap();
            let all = names(&mut folder, usize::MAX, &mut room);
            assert!(all.len() > 2000 && (room == 0 || all.last().unwrap().1 == all.len() as u64), "{}", all.len());
            // Most of what lies before and behind goes, and some comes.
            for (index, (name, _)) in all.iter().enumerate().filter(|(index, _)| index % 40 == 1) {
                fs::remove_file(temp.path().join(name)).unwrap();
                File::create(temp.path().join(format!("new{index}-{}", room.min(7)))).unwrap();
            }
            for at in [5, 2005, 1203, 45, 1995] {
                let (name, number) = &all[at];
                folder.go_to(folder.place(*number).unwrap()).unwrap();
                let following = names(&mut folder, 100, &mut room);
                let stays = all.iter().skip(at + 1).find(|(name, _)| temp.path().join(name).exists()).unwrap();
                assert!(following.iter().any(|(found, _)| *found == stays.0), "{name} is not followed by {}", stays.0);
                assert!(following.iter().all(|(found, _)| found != name), "{name} comes again");
            }
        }
    }

    #[test]
    fn a_number_that_was_never_given_is_no_place() {
        let mut places = Places::default();
        assert_eq!(places.number(1 << 60, &mut 1), 1);
        assert_eq!((places.number(9, &mut 0), places.number(1 << 60, &mut 0)), (AS_IT_IS + 9, 1));
        assert_eq!((places.place(0), places.place(1), places.place(2)), (Some(0), Some(1 << 60), None));
        assert_eq!((places.place(AS_IT_IS - 1), places.place(AS_IT_IS + 9)), (None, Some(9)));
    }
}
