//! Memories and tables that a guest imports: each is made for it, and nobody else has it.

use crate::actor::guest::state::Context;
use wasmtime::{Extern, ExternType, Memory, Ref, Table};

/// Makes what an import of this type declares. The error is a sentence without its subject.
pub(super) async fn make(store: &mut Context<'_>, name: &str, ty: &ExternType) -> Result<Extern, String> {
    store.data_mut().limiter.take_refusal();
    match ty {
        ExternType::Memory(ty) => match Memory::new_async(&mut *store, ty.clone()).await {
            Ok(memory) => {
                store.data_mut().core.fresh.memories.push(memory);
                Ok(memory.into())
            }
            Err(error) => Err(no_room(store, &error)),
        },
        ExternType::Table(ty) if !ty.element().is_nullable() => {
            Err("cannot be made: there is nothing that its elements could be at first, since they cannot be null"
                .to_owned())
        }
        ExternType::Table(ty) => {
            let null = Ref::null(ty.element().heap_type());
            match Table::new_async(&mut *store, ty.clone(), null).await {
                Ok(table) => {
                    store.data_mut().core.fresh.tables.push((name.to_owned(), table));
                    Ok(table.into())
                }
                Err(error) => Err(no_room(store, &error)),
            }
        }
        _ => Err("is neither a memory nor a table".to_owned()),
    }
}

fn no_room(store: &mut Context<'_>, error: &wasmtime::Error) -> String {
    let why = store.data_mut().limiter.take_refusal().unwrap_or_else(|| format!("{error:#}"));
    format!("cannot be made: {why}")
}
