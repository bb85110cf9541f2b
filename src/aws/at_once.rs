//! Many calls of one kind, a few at a time, and counted for whoever shows how far they are.

use tokio::sync::watch;
use tokio::task::JoinSet;

use super::AwsCallError;

/// How many calls of one listing are under way at once. ACM answers ten `GetCertificate` a second, IAM and Elastic Load
/// Balancing more: <https://docs.aws.amazon.com/acm/latest/userguide/acm-limits.html>. What is throttled all the same, the
/// SDK tries again.
const AT_ONCE: usize = 8;

/// How far a look has come: what it consists of becomes known while it goes on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Count {
    /// What was looked at.
    pub done: usize,
    /// What there is to look at, as far as it is known.
    pub of: usize,
}

/// Where a look says how far it is; a new one that nobody listens to is as good.
pub type Counter = watch::Sender<Count>;

/// Asks for each of these, at most [`AT_ONCE`] at the same time; answers come in no order.
///
/// Fails with the first call that fails.
pub(super) async fn each<T, R, F>(
    items: Vec<T>,
    counter: &Counter,
    ask: impl Fn(T) -> F,
) -> Result<Vec<R>, AwsCallError>
where
    R: Send + 'static,
    F: Future<Output = Result<R, AwsCallError>> + Send + 'static,
{
    counter.send_modify(|count| count.of += items.len());
    let mut waiting = items.into_iter();
    let mut asking: JoinSet<Result<R, AwsCallError>> = JoinSet::new();
    let mut answers = Vec::new();
    loop {
        while asking.len() < AT_ONCE
            && let Some(item) = waiting.next()
        {
            asking.spawn(ask(item));
        }
        match asking.join_next().await {
            None => return Ok(answers),
            Some(answer) => {
                answers.push(answer.map_err(|_| AwsCallError::incomplete("a listing", "the end of a call"))??);
                counter.send_modify(|count| count.done += 1);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn no_more_than_a_few_run_at_the_same_time_and_all_are_counted() {
        let (running, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
        let counter = Counter::default();
        let answers = each((0..100_u64).collect(), &counter, |item| {
            let (running, most) = (Arc::clone(&running), Arc::clone(&most));
            async move {
                most.fetch_max(running.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                tokio::time::sleep(std::time::Duration::from_millis(100 - item)).await;
                running.fetch_sub(1, Ordering::SeqCst);
                Ok(item)
            }
        });
        let mut answers = answers.await.unwrap_or_default();
        answers.sort_unstable();
        assert_eq!(answers, (0..100).collect::<Vec<_>>());
        assert_eq!(most.load(Ordering::SeqCst), AT_ONCE);
        assert_eq!(*counter.borrow(), Count { done: 100, of: 100 });
    }

    #[tokio::test]
    async fn the_first_failure_ends_it() {
        let counter = Counter::default();
        let failed = each((0..100).collect(), &counter, |item: i32| async move {
            if item == 50 { Err(AwsCallError::incomplete("Ask", "it")) } else { Ok(item) }
        });
        assert_eq!(failed.await.map_err(|error| error.operation).err(), Some("Ask"));
    }
}
