//! ISO 8601 durations of policies, such as `PT15M` or `PT1H30M10S`.

use std::time::Duration;

/// The duration; parts that cannot be read count nothing.
pub(in crate::resource) fn parse(text: &str) -> Duration {
    let mut seconds = 0;
    let mut digits = String::new();
    for character in text.trim_start_matches("PT").chars() {
        if character.is_ascii_digit() {
            digits.push(character);
            continue;
        }
        let number: u64 = digits.parse().unwrap_or_default();
        digits.clear();
        seconds += number
            * match character {
                'H' => 3600,
                'M' => 60,
                'S' => 1,
                _ => 0,
            };
    }
    Duration::from_secs(seconds)
}

#[cfg(test)]
mod tests {
    use super::parse;

    #[test]
    fn hours_minutes_and_seconds_add_up() {
        for (text, seconds) in [("PT15M", 900), ("PT1H30M10S", 5410), ("PT0S", 0), ("PT5M", 300)] {
            assert_eq!(parse(text).as_secs(), seconds, "{text}");
        }
    }
}
