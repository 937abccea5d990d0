//! Errors of the AWS SDK in words: its own `DisplayErrorContext` prints Rust structures.

use std::error::Error;
use std::fmt::Debug;

use aws_sdk_s3::error::{ProvideErrorMetadata, SdkError};

/// What AWS said, with its code; without an answer, what kept the request from one, from the outside in.
pub fn sdk_error<E, R>(error: &SdkError<E, R>) -> String
where
    E: Error + ProvideErrorMetadata + 'static,
    R: Debug + 'static,
{
    match (error.code(), error.message()) {
        (Some(code), Some(message)) if !message.is_empty() => format!("{message} ({code})"),
        (Some(code), _) => code.to_owned(),
        (None, _) => without_answer(error),
    }
}

/// The messages below the first, which names only the SDK's kind of an error ("dispatch failure"). Levels repeat each other.
fn without_answer(error: &(dyn Error + 'static)) -> String {
    let mut words: Vec<String> = Vec::new();
    for message in std::iter::successors(error.source(), |error| (*error).source()).map(ToString::to_string) {
        match words.last_mut() {
            Some(last) if last.contains(&message) => {}
            // The SDK's kind of a connector's error, which is no cause.
            Some(last) if last == "other" => *last = message,
            Some(last) if message.contains(last.as_str()) => *last = message,
            _ => words.push(message),
        }
    }
    if words.is_empty() { error.to_string() } else { words.join(": ") }
}

#[cfg(test)]
mod tests {
    use aws_sdk_s3::error::ErrorMetadata;
    use aws_sdk_s3::operation::head_bucket::HeadBucketError;

    use super::*;

    #[derive(Debug)]
    struct Level(&'static str, Option<Box<Level>>);

    impl std::fmt::Display for Level {
        fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            f.write_str(self.0)
        }
    }

    impl Error for Level {
        fn source(&self) -> Option<&(dyn Error + 'static)> {
            self.1.as_ref().map(|below| below.as_ref() as _)
        }
    }

    #[test]
    fn an_answer_is_its_message_and_code() {
        let told = |metadata: ErrorMetadata| sdk_error(&SdkError::service_error(HeadBucketError::generic(metadata), ()));
        assert_eq!(told(ErrorMetadata::builder().code("AccessDenied").message("no").build()), "no (AccessDenied)");
        assert_eq!(told(ErrorMetadata::builder().code("NotImplemented").build()), "NotImplemented");
    }

    #[test]
    fn what_kept_a_request_from_an_answer_is_said_once_per_level() {
        let refused = Level("tcp connect error", Some(Box::new(Level("Connection refused", None))));
        let error: SdkError<HeadBucketError, ()> =
            SdkError::timeout_error(Level("io error", Some(Box::new(Level("io error", Some(Box::new(refused)))))));
        assert_eq!(sdk_error(&error), "io error: tcp connect error: Connection refused");
    }
}
