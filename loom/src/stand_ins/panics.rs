//! Panics stay loud: a model that fails says so by one, whichever of its threads finds out.

pub fn contain_on_this_thread() {}

pub fn contained(work: impl FnOnce()) {
    work();
}
