//! Locking without poison.

use std::sync::{Mutex, MutexGuard, PoisonError};

/// The content of a mutex, even if a thread panicked while it held the lock.
pub fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
