//! Routing policies: which of several record sets of a name and type is answered.

use serde_json::{Value, json};

/// How one of several record sets of a name and type is chosen.
// https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/routing-policy.html
#[derive(Debug, Clone, PartialEq)]
pub enum Routing {
    Weighted(u64),
    Latency(String),
    Geolocation(Value),
    Failover(String),
    MultiValue,
}

/// Record sets with one policy, and the name of the one they have.
impl Routing {
    /// Reads the policies of the model's `ResourceRecordSet`; there should be at most one.
    pub(super) fn read(input: &Value) -> Vec<Self> {
        let text = |name: &str| input[name].as_str().map(str::to_owned);
        let mut found = Vec::new();
        found.extend(input["Weight"].as_u64().map(Self::Weighted));
        found.extend(text("Region").map(Self::Latency));
        found.extend(Some(&input["GeoLocation"]).filter(|place| !place.is_null()).cloned().map(Self::Geolocation));
        found.extend(text("Failover").map(Self::Failover));
        found.extend(input["MultiValueAnswer"].as_bool().filter(|on| *on).map(|_| Self::MultiValue));
        found
    }

    /// Puts it into the model's `ResourceRecordSet`.
    pub(super) fn describe(&self, answer: &mut Value) {
        match self {
            Self::Weighted(weight) => answer["Weight"] = json!(weight),
            Self::Latency(region) => answer["Region"] = json!(region),
            Self::Geolocation(place) => answer["GeoLocation"] = place.clone(),
            Self::Failover(role) => answer["Failover"] = json!(role),
            Self::MultiValue => answer["MultiValueAnswer"] = json!(true),
        }
    }

    /// Its name in the refusals of a batch.
    pub(super) fn name(&self) -> &'static str {
        match self {
            Self::Weighted(_) => "weighted",
            Self::Latency(_) => "latency",
            Self::Geolocation(_) => "geo",
            Self::Failover(_) => "failover",
            Self::MultiValue => "multivalue answer",
        }
    }
}

/// Which of `candidates` answers: by their weights, the nearest region, the primary, the default place, or (None) all of
/// them. `draw` gives a number below another. No health check is made here.
pub(super) fn choose<T>(candidates: &[(&Routing, T)], draw: impl FnOnce(usize) -> usize) -> Option<usize> {
    let position = |test: &dyn Fn(&Routing) -> bool| candidates.iter().position(|(routing, _)| test(routing));
    match candidates.first()?.0 {
        Routing::MultiValue => None,
        Routing::Weighted(_) => {
            let weight = |routing: &Routing| match routing {
                Routing::Weighted(weight) => usize::try_from(*weight).unwrap_or_default(),
                _ => 0,
            };
            let total: usize = candidates.iter().map(|(routing, _)| weight(routing)).sum();
            // All of weight 0 share alike.
            // https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/routing-policy-weighted.html
            if total == 0 {
                return Some(draw(candidates.len()));
            }
            let mut drawn = draw(total);
            for (index, (routing, _)) in candidates.iter().enumerate() {
                let weight = weight(routing);
                if drawn < weight {
                    return Some(index);
                }
                drawn -= weight;
            }
            Some(0)
        }
        Routing::Failover(_) => position(&|one| *one == Routing::Failover("PRIMARY".to_owned())).or(Some(0)),
        // Whoever asks is nowhere in particular: the default place.
        Routing::Geolocation(_) => {
            position(&|one| matches!(one, Routing::Geolocation(place) if place["CountryCode"] == "*"))
        }
        Routing::Latency(_) => Some(0),
    }
}

#[cfg(test)]
mod tests {
    use super::{Routing, choose};

    #[test]
    fn weights_decide() {
        let (small, large, none) = (Routing::Weighted(1), Routing::Weighted(3), Routing::Weighted(0));
        let candidates = [(&small, ()), (&none, ()), (&large, ())];
        let chosen: Vec<_> = (0..4)
            .map(|drawn| {
                choose(&candidates, |total| {
                    assert_eq!(total, 4);
                    drawn
                })
            })
            .collect();
        assert_eq!(chosen, [Some(0), Some(2), Some(2), Some(2)]);
        assert_eq!(choose(&[(&none, ()), (&none, ())], |count| count - 1), Some(1));
    }

    #[test]
    fn the_primary_answers_and_multi_values_all_do() {
        let (secondary, primary) = (Routing::Failover("SECONDARY".to_owned()), Routing::Failover("PRIMARY".to_owned()));
        assert_eq!(choose(&[(&secondary, ()), (&primary, ())], |_| 0), Some(1));
        assert_eq!(choose(&[(&Routing::MultiValue, ()), (&Routing::MultiValue, ())], |_| 0), None);
    }
}
