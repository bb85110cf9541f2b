//! `GenerateSecretString` of CloudFormation and `GetRandomPassword`: passwords by AWS's rules.

use serde_json::{Map, Value};

use crate::AwsError;
use crate::random::Random;

const LOWER: &str = "abcdefghijklmnopqrstuvwxyz";
const UPPER: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
const DIGITS: &str = "0123456789";
const PUNCTUATION: &str = "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~";

/// The secret string that a `GenerateSecretString` block asks for: a password of 32 characters unless told, put
/// under `GenerateStringKey` into `SecretStringTemplate` when both are there.
///
/// # Errors
/// `InvalidParameterException` as Secrets Manager words it.
// https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-properties-secretsmanager-secret-generatesecretstring.html
pub fn generate(block: &Map<String, Value>, random: &Random) -> Result<String, AwsError> {
    let flag = |name: &str| match block.get(name) {
        Some(Value::Bool(on)) => *on,
        Some(Value::String(on)) => on == "true",
        _ => false,
    };
    let text = |name: &str| block.get(name).and_then(Value::as_str);
    let length = match block.get("PasswordLength") {
        Some(Value::Number(length)) => length.as_u64().unwrap_or(32),
        Some(Value::String(length)) => length.parse().unwrap_or(32),
        _ => 32,
    };
    if !(1..=4096).contains(&length) {
        return Err(invalid("The password length must be between 1 and 4096."));
    }
    let length = usize::try_from(length).unwrap_or(32);
    let excluded = text("ExcludeCharacters").unwrap_or_default();
    let mut classes: Vec<String> = Vec::new();
    for (excluding, alphabet) in [
        ("ExcludeLowercase", LOWER),
        ("ExcludeUppercase", UPPER),
        ("ExcludeNumbers", DIGITS),
        ("ExcludePunctuation", PUNCTUATION),
    ] {
        if !flag(excluding) {
            classes.push(alphabet.chars().filter(|one| !excluded.contains(*one)).collect());
        }
    }
    if flag("IncludeSpace") {
        classes.push(" ".to_owned());
    }
    classes.retain(|class| !class.is_empty());
    let all = classes.concat();
    if all.is_empty() {
        return Err(invalid("The password can't be generated: every character is excluded."));
    }
    // RequireEachIncludedType is true unless told otherwise.
    let each =
        block.get("RequireEachIncludedType").is_none_or(|value| value != &Value::Bool(false) && value != "false");
    let mut password: Vec<char> = random.text(&all, length).chars().collect();
    if each {
        if classes.len() > length {
            return Err(invalid("The password length is too short for each included type."));
        }
        let mut places: Vec<usize> = (0..length).collect();
        for class in &classes {
            let place = places.swap_remove(random.below(places.len()));
            password[place] = random.text(class, 1).chars().next().unwrap_or('0');
        }
    }
    let password: String = password.into_iter().collect();
    match (text("SecretStringTemplate"), text("GenerateStringKey")) {
        (Some(template), Some(key)) => {
            let Ok(Value::Object(mut object)) = serde_json::from_str::<Value>(template) else {
                return Err(invalid("SecretStringTemplate is not a JSON object."));
            };
            object.insert(key.to_owned(), Value::String(password));
            Ok(Value::Object(object).to_string())
        }
        (None, None) => Ok(password),
        _ => Err(invalid("SecretStringTemplate and GenerateStringKey must be given together.")),
    }
}

fn invalid(message: &str) -> AwsError {
    AwsError::new("InvalidParameterException", message)
}

#[cfg(test)]
mod tests {
    use super::generate;
    use crate::random::Random;
    use serde_json::{Value, json};

    fn made(block: &Value) -> Result<String, crate::AwsError> {
        generate(block.as_object().expect("an object"), &Random::new(1))
    }

    #[test]
    fn passwords_keep_the_rules() {
        let password = made(&json!({ "PasswordLength": 22, "ExcludePunctuation": true })).expect("generated");
        assert_eq!(password.len(), 22);
        assert!(password.chars().all(|one| one.is_ascii_alphanumeric()));
        assert!(password.chars().any(|one| one.is_ascii_digit()));
        let whole =
            made(&json!({ "SecretStringTemplate": "{\"username\":\"dockreg\"}", "GenerateStringKey": "password" }));
        let whole: Value = serde_json::from_str(&whole.expect("generated")).expect("JSON");
        assert_eq!(whole["username"], "dockreg");
        assert_eq!(whole["password"].as_str().map(str::len), Some(32));
        assert!(made(&json!({ "PasswordLength": 3 })).is_err());
    }
}
