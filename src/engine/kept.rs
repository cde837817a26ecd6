//! A place in which a layer above keeps what it makes once for a module's code, for as long as that lives.

use std::any::Any;
use std::sync::OnceLock;

/// Empty until something is put there.
#[derive(Default)]
pub struct Kept(OnceLock<Box<dyn Any + Send + Sync>>);

impl Kept {
    /// What is kept, made now if it was not before. There is one type for each place; of two that are made at once one stays.
    ///
    /// # Errors
    /// That of `make`; then the place stays empty.
    pub fn get_or_try_init<T: Send + Sync + 'static, E>(&self, make: impl FnOnce() -> Result<T, E>) -> Result<&T, E> {
        let kept = match self.0.get() {
            Some(kept) => kept,
            None => {
                let made = Box::new(make()?);
                self.0.get_or_init(|| made)
            }
        };
        Ok(kept.downcast_ref().expect("one type for each place"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_has_been_made_stays_and_a_failure_does_not() {
        let kept = Kept::default();
        assert_eq!(kept.get_or_try_init(|| Err::<u8, _>("once")), Err("once"));
        assert_eq!(kept.get_or_try_init(|| Ok::<u8, &str>(1)), Ok(&1));
        assert_eq!(kept.get_or_try_init(|| Ok::<u8, &str>(2)), Ok(&1));
    }
}
