//! Replaces what differs from run to run: ids, times, ports, temporary paths. Progress lines are left out, for their
//! order differs too; tests of progress look at them by themselves.

use std::sync::LazyLock;

use regex::Regex;

/// What to look for, and what stands for it. Earlier rules are applied first.
const RULES: &[(&str, &str)] = &[
    (r"(?m)^ +\d+:\d\d  .*\n?", ""),
    (r"/tmp/dockreg-region-ca-\w+\.pem", "CA.pem"),
    (r"/tmp/\.tmp\w+", "HOME"),
    (r"127\.0\.0\.1:\d+", "127.0.0.1:PORT"),
    (r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", "UUID"),
    (r"\b(i|vpc|subnet|ami|sg|lt)-[0-9a-f]{17}\b", "$1-ID"),
    (r"-bucket-[a-z0-9]{12}\b", "-bucket-RANDOM"),
    (r"\bus-east-1[a-f]\b", "us-east-1ZONE"),
    (r":secret:(\w+)-\w+-\w+", ":secret:$1-RANDOM"),
    (r"-(NodeGroup)-[A-Z0-9]{12}\b", "-$1-RANDOM"),
    (r"docker-re-\w+-\w+-\d+\.", "LOAD-BALANCER."),
    (r"docker-re-LoadBalan-[0-9A-Z]+", "LOAD-BALANCER"),
    (r"loadbalancer/app/[\w-]+/[0-9a-f]+", "loadbalancer/app/NAME/ID"),
    (r"ns-\d+\.awsdns-\d+\.", "ns-N.awsdns-N."),
    (r"\bZ[0-9A-Z]{12,}\b", "ZONE-ID"),
    (r"\b20\d\d-\d\d-\d\dT[\d:.]+Z", "TIME"),
    (r"(until|valid before|expired on) 20\d\d-\d\d-\d\d", "$1 DATE"),
    (r"\b20\d\d-\d\d-\d\d, ", "YYYY-MM-DD, "),
    (r"\b\d+ days left", "N days left"),
    (r"in \d+ days", "in N days"),
    (r"\b\d{3} d ", "DDD d "),
    (r#""days_left": \d+"#, r#""days_left": N"#),
    (r#""milliseconds": \d+"#, r#""milliseconds": N"#),
    // The stack and the caller are asked for at the same time; either may be refused first.
    (r"\b(GetCallerIdentity|DescribeStacks)\b", "FIRST-CALL"),
    (r"in (\d+ ms|\d+\.\d s)", "in N s"),
    (r"request [0-9A-Z]{16,}", "request ID"),
    (r"\d+ → \d+ characters", "N → N characters"),
    (r"(?m)[ \t]+$", ""),
];

/// The text with every rule applied.
pub fn redacted(text: &str) -> String {
    static COMPILED: LazyLock<Vec<(Regex, &str)>> = LazyLock::new(|| {
        let compile = |(pattern, with): &(&str, &'static str)| (Regex::new(pattern).expect("a pattern"), *with);
        RULES.iter().map(compile).collect()
    });
    COMPILED.iter().fold(text.to_owned(), |text, (pattern, with)| pattern.replace_all(&text, *with).into_owned())
}
