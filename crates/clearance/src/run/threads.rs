//! The worker threads.

use rayon::{ThreadPool, ThreadPoolBuilder};

use crate::exit::Failure;

/// Stack sizes to try, in bytes: nested code is walked recursively, and memory of a stack is only used when it is touched.
const STACKS: [usize; 4] = [256 << 20, 64 << 20, 16 << 20, 4 << 20];

/// A pool of `threads` workers, or one for each processor.
pub(crate) fn pool(threads: Option<u16>) -> Result<ThreadPool, Failure> {
    let mut last = String::new();
    for stack in STACKS {
        let builder = ThreadPoolBuilder::new()
            .stack_size(stack)
            .thread_name(|number| format!("clearance-{number}"))
            .num_threads(threads.map_or(0, usize::from));
        match builder.build() {
            Ok(pool) => return Ok(pool),
            Err(error) => last = error.to_string(),
        }
    }
    Err(Failure::Threads(last))
}
