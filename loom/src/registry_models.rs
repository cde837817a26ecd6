//! The registry's table: ids, and removal against use.

use crate::check;
use crate::registry::table::Table;
use loom::sync::Arc;
use loom::thread;

/// Claim: of two removals one gets the value, and after that nobody does.
#[test]
fn one_of_two_removals_wins() {
    check(|| {
        let table = Arc::new(Table::default());
        let id = table.reserve();
        table.put(id, "actor");
        let other = thread::spawn({
            let table = table.clone();
            move || table.remove(id).is_some()
        });
        let mine = table.remove(id).is_some();
        assert!(mine != other.join().unwrap());
        assert_eq!((table.get(id), table.len()), (None, 0));
    });
}

/// Claim: ids are never given twice, whoever reserves them.
#[test]
fn ids_are_never_reused() {
    check(|| {
        let table: Arc<Table<()>> = Arc::new(Table::default());
        let other = thread::spawn({
            let table = table.clone();
            move || table.reserve()
        });
        let first = table.reserve();
        table.put(first, ());
        table.remove(first);
        let second = table.reserve();
        let theirs = other.join().unwrap();
        assert!(first != second && first != theirs && second != theirs);
    });
}
