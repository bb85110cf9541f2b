//! Times and counts in words. Pure.

use std::time::Duration;

use dialoguer::console::measure_text_width;

/// A measured time: `40 ms`, `4.2 s`, `45 s`, `1 min 56 s`, `2 h 5 min`.
pub fn duration(time: Duration) -> String {
    let seconds = time.as_secs();
    match (seconds / 3600, seconds / 60 % 60, seconds % 60) {
        (0, 0, 0) => format!("{} ms", time.as_millis()),
        (0, 0, 0..10) => format!("{:.1} s", time.as_secs_f64()),
        (0, 0, seconds) => format!("{seconds} s"),
        (0, minutes, seconds) => format!("{minutes} min {seconds} s"),
        (hours, minutes, _) => format!("{hours} h {minutes} min"),
    }
}

/// An estimate, no more exact than it can be: `a few seconds`, `20 s`, `2 min`.
pub fn about(time: Duration) -> String {
    match time.as_secs() {
        0..10 => "a few seconds".to_owned(),
        seconds @ 10..100 => format!("{} s", seconds.div_ceil(10) * 10),
        seconds => format!("{} min", (seconds + 30) / 60),
    }
}

/// A running clock: `0:45`, `12:03`, `1:02:03`.
pub fn clock(time: Duration) -> String {
    let seconds = time.as_secs();
    match (seconds / 3600, seconds / 60 % 60, seconds % 60) {
        (0, minutes, seconds) => format!("{minutes}:{seconds:02}"),
        (hours, minutes, seconds) => format!("{hours}:{minutes:02}:{seconds:02}"),
    }
}

/// A number with its noun: `1 node`, `2 nodes`.
pub fn count(number: usize, noun: &str) -> String {
    if number == 1 { format!("1 {noun}") } else { format!("{number} {noun}s") }
}

/// Breaks lines that are longer than the width at spaces; what is broken off stands below the line's own beginning, two
/// columns further in. A word longer than a line, such as a URL, stays whole.
pub fn wrap(text: &str, width: usize) -> String {
    text.split('\n').map(|line| wrap_line(line, width)).collect::<Vec<_>>().join("\n")
}

fn wrap_line(line: &str, width: usize) -> String {
    if measure_text_width(line) <= width {
        return line.to_owned();
    }
    let words = line.trim_start();
    let indent = line.len() - words.len();
    let mut wrapped = " ".repeat(indent);
    let mut column = indent;
    for (index, word) in words.split(' ').enumerate() {
        let length = measure_text_width(word);
        if index > 0 && column + 1 + length > width {
            wrapped.push('\n');
            wrapped.push_str(&" ".repeat(indent + 2));
            column = indent + 2;
        } else if index > 0 {
            wrapped.push(' ');
            column += 1;
        }
        wrapped.push_str(word);
        column += length;
    }
    wrapped
}

#[cfg(test)]
mod tests {
    use super::{about, clock, count, duration, wrap};
    use std::time::Duration;

    #[test]
    fn times_read_as_people_say_them() {
        for (millis, measured, guessed, running) in [
            (420, "420 ms", "a few seconds", "0:00"),
            (4_200, "4.2 s", "a few seconds", "0:04"),
            (45_000, "45 s", "50 s", "0:45"),
            (116_000, "1 min 56 s", "2 min", "1:56"),
            (7_503_000, "2 h 5 min", "125 min", "2:05:03"),
        ] {
            let time = Duration::from_millis(millis);
            assert_eq!([duration(time), about(time), clock(time)], [measured, guessed, running]);
        }
    }

    #[test]
    fn one_is_singular() {
        assert_eq!([count(1, "node"), count(0, "node"), count(2, "node")], ["1 node", "0 nodes", "2 nodes"]);
    }

    #[test]
    fn long_lines_break_at_spaces_and_keep_their_indent() {
        let text = "  next: a line that is too long\nshort";
        assert_eq!(wrap(text, 20), "  next: a line that\n    is too long\nshort");
        assert_eq!(wrap(text, 80), text);
        assert_eq!(wrap("a https://example.test/long", 10), "a\n  https://example.test/long");
    }
}
