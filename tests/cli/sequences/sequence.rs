//! A sequence of steps, and whether the promise holds after it.

use std::fmt;
use std::ops::AddAssign;

use dockreg_region::random::Random;

use crate::disturbed::{ended, is_met, killed};
use crate::harness::{Fixture, HOST};
use crate::images::{Image, Registry};
use crate::step::{Step, Trouble};

/// Steps of a sequence at least, and how many more it may have.
const STEPS: (usize, usize) = (4, 5);

/// Steps from a seed.
#[derive(Clone, Debug)]
pub struct Sequence {
    seed: u64,
    /// What is done, in turn.
    pub steps: Vec<Step>,
}

/// What was tried in sequences that kept the promise.
#[derive(Clone, Copy, Debug, Default)]
pub struct Kept {
    runs: usize,
    /// Runs that met their trouble.
    pub disturbed: usize,
    /// Runs that were killed.
    pub killed: usize,
    /// Images that were pushed, and all found again.
    pub pushed: usize,
}

impl AddAssign for Kept {
    fn add_assign(&mut self, other: Self) {
        self.runs += other.runs;
        self.disturbed += other.disturbed;
        self.killed += other.killed;
        self.pushed += other.pushed;
    }
}

impl fmt::Display for Kept {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { runs, disturbed, killed, pushed } = self;
        write!(f, "{runs} runs, {disturbed} met trouble, {killed} were killed; {pushed} images pushed and found again")
    }
}

impl Sequence {
    /// The sequence of a seed.
    pub fn drawn(seed: u64) -> Self {
        let random = Random::new(seed);
        let length = STEPS.0 + random.below(STEPS.1 + 1);
        Self { seed, steps: (0..length).map(|_| Step::drawn(&random)).collect() }
    }

    /// The same without one step.
    pub fn without(&self, place: usize) -> Self {
        let mut shorter = self.clone();
        shorter.steps.remove(place);
        shorter
    }

    /// Runs it in a region of its own. Answers what broke the promise, with all that was printed.
    pub async fn run(&self) -> Result<Kept, String> {
        let sequence = self.clone();
        ended(async move { sequence.kept().await }).await.flatten()
    }

    async fn kept(&self) -> Result<Kept, String> {
        let mut fixture = Fixture::with(dockreg_region::Options { seed: self.seed, ..Default::default() }).await;
        fixture.set("AWS_MAX_ATTEMPTS", "2");
        let mut kept = Kept::default();
        let mut images = Vec::new();
        for (place, step) in self.steps.iter().enumerate() {
            match step {
                Step::Up(nodes, trouble) => disturbed(&fixture, &up(*nodes), trouble, &mut kept).await?,
                Step::Down(trouble) => disturbed(&fixture, &["down", "--yes"], trouble, &mut kept).await?,
                Step::Push => {
                    let image = Image::new(self.seed, place);
                    if let Some(registry) = Registry::of(&fixture).await
                        && registry.push(&image).await
                    {
                        images.push(image);
                    }
                }
            }
        }
        kept.pushed = images.len();
        let last = fixture.run(&up(1)).await;
        let broken = |what: &str| Err(format!("{what}\n{}\n{}", fixture.printed(), timeline(&fixture)));
        if last.code != Some(0) {
            return broken("the last `up` failed");
        }
        let Some(registry) = Registry::of(&fixture).await else { return broken("no registry is there") };
        for image in &images {
            if let Err(problem) = registry.pull(image).await {
                return broken(&format!("{image} is lost: {problem}"));
            }
        }
        let bugs = fixture.region().region().journal.bugs();
        if bugs.is_empty() { Ok(kept) } else { broken(&bugs.join("\n")) }
    }
}

impl fmt::Display for Sequence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "seed {}", self.seed)?;
        self.steps.iter().try_for_each(|step| write!(f, "\n  {step}"))
    }
}

fn up(nodes: usize) -> Vec<&'static str> {
    vec!["up", "--domain", HOST, "--nodes", if nodes == 1 { "1" } else { "2" }, "--yes"]
}

/// One run in trouble. A bug or a usage error breaks the promise by itself.
async fn disturbed(fixture: &Fixture, arguments: &[&str], trouble: &Trouble, kept: &mut Kept) -> Result<(), String> {
    let faults = &fixture.region().region().faults;
    faults.clear();
    if let Some(fault) = trouble.planted() {
        faults.add(fault);
    }
    let output = match trouble {
        Trouble::Kill(_) => killed(fixture, arguments).await,
        _ => fixture.run(arguments).await,
    };
    kept.runs += 1;
    kept.disturbed += usize::from(is_met(fixture));
    kept.killed += usize::from(output.code.is_none());
    faults.clear();
    match output.code {
        Some(2 | 70) => Err(format!("a run ended as a bug\n{}\n{}", fixture.printed(), timeline(fixture))),
        _ => Ok(()),
    }
}

fn timeline(fixture: &Fixture) -> String {
    fixture.region().region().journal.timeline()
}
