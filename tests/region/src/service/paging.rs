//! Pages of lists whose tokens are opaque: a token leads on in the list that gave it, and nowhere else.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// The page of `all` that `token` asks for, at most `limit` items, and the token of the next; None for a token that
/// `list` never gave.
pub(crate) fn page<T>(all: Vec<T>, list: &str, token: Option<&str>, limit: usize) -> Option<(Vec<T>, Option<String>)> {
    let start = match token {
        None => 0,
        Some(token) => {
            let text = String::from_utf8(STANDARD.decode(token).ok()?).ok()?;
            let start: usize = text.strip_prefix(list)?.strip_prefix('/')?.parse().ok()?;
            Some(start).filter(|start| *start <= all.len())?
        }
    };
    let count = all.len();
    let end = count.min(start.saturating_add(limit.max(1)));
    let next = (end < count).then(|| STANDARD.encode(format!("{list}/{end}")));
    Some((all.into_iter().skip(start).take(end - start).collect(), next))
}

#[cfg(test)]
mod tests {
    use super::page;

    #[test]
    fn pages_follow_each_other_in_their_own_list() {
        let all = || vec!["a", "b", "c"];
        let (first, next) = page(all(), "roles", None, 2).expect("a page");
        assert_eq!(first, ["a", "b"]);
        let next = next.expect("more");
        assert_eq!(page(all(), "roles", Some(&next), 2).expect("a page"), (vec!["c"], None));
        assert!(page(all(), "users", Some(&next), 2).is_none());
        assert!(page(all(), "roles", Some("garbage"), 2).is_none());
    }
}
