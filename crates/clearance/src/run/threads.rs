//! The worker threads.

use std::{thread, time::Duration};

use rayon::{ThreadPool, ThreadPoolBuilder};

use crate::exit::Failure;

/// Stack sizes to try, in bytes: nested code is walked recursively, and memory of a stack is only used when it is touched.
const STACKS: [usize; 3] = [256 << 20, 64 << 20, 16 << 20];

/// Time for the threads of a failed attempt to go away.
const PAUSE: Duration = Duration::from_millis(20);

/// A pool of `threads` workers, or one for each processor. Where memory is short, with smaller stacks, and in the end with a single worker: what is
/// found does not depend on it.
pub(crate) fn pool(threads: Option<u16>) -> Result<ThreadPool, Failure> {
    let wanted = threads.map_or(0, usize::from);
    let mut last = String::new();
    for threads in [wanted, 1] {
        for stack in STACKS {
            let builder = ThreadPoolBuilder::new()
                .stack_size(stack)
                .thread_name(|number| format!("clearance-{number}"))
                .num_threads(threads);
            match builder.build() {
                Ok(pool) => return Ok(pool),
                Err(error) => last = error.to_string(),
            }
            thread::sleep(PAUSE);
        }
    }
    Err(Failure::Threads(last))
}
