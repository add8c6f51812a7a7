//! Addresses from any text: no panic, no secret in what is shown, and no header that ends early.

use proptest::prelude::*;

use super::*;

/// A text that is in credentials and queries only.
const SECRET: &str = "hunter2";

/// Parts of addresses, and what is between them.
fn parts() -> impl Strategy<Value = String> {
    let part = prop_oneof![
        Just("https://".to_owned()),
        Just("http://".to_owned()),
        Just("HTTPS:".to_owned()),
        "[/:@?#&=%.\\[\\]\\\\]{1,2}",
        Just("sha256=".to_owned()),
        Just("..".to_owned()),
        Just("h:80".to_owned()),
        "[a-f0-9]{64}",
        "[a-z]{1,4}",
        "\\PC{1,2}",
        "[\\x00-\\x20\\x7f]",
    ];
    prop::collection::vec(part, 0..10).prop_map(|parts| parts.concat())
}

/// Checks what holds for each address.
fn sound(url: &RemoteUrl) {
    let address = url.address();
    assert!(is_text(&address), "{address:?}");
    assert!(!address.contains('@') || address.find('@') > address[8..].find('/').map(|at| at + 8));
    assert!(url.authorization().is_none_or(|it| it.starts_with("Basic ") && is_text(&it[6..])));
    let again = RemoteUrl::parse(&address).unwrap();
    assert_eq!((again.address(), again.authorization()), (address, None));
    assert_eq!((again.to_string(), again.file_name()), (url.to_string(), url.file_name()));
    assert!(RemoteUrl::is_url(Path::new(&url.to_string())));
}

proptest! {
    #[test]
    fn any_text(text in parts(), location in parts()) {
        let Ok(url) = RemoteUrl::parse(&text) else { return Ok(()) };
        prop_assert!(RemoteUrl::is_url(Path::new(&text)));
        sound(&url);
        let shown = format!("{url} {url:?}");
        prop_assert!(!shown.contains('?'), "{}", shown);
        let Ok(next) = url.redirected(&location) else { return Ok(()) };
        sound(&next);
        prop_assert_eq!(next.sha256(), url.sha256());
        prop_assert!(!url.address().starts_with("https:") || next.address().starts_with("https:"));
        let server = |url: &RemoteUrl| url.address().split('/').take(3).collect::<Vec<_>>().join("/");
        if server(&next) != server(&url) && !location.contains('@') {
            prop_assert_eq!(next.authorization(), None);
        }
    }

    #[test]
    fn secrets_are_not_shown(
        scheme in prop_oneof!["https", "http", "ftp"],
        user in "[a-z0-9%:.-]{0,6}",
        host in prop_oneof!["[a-z]{1,5}", "\\[::1\\]", "", "[a-z ]{1,5}"],
        port in prop_oneof!["", ":[0-9]{1,5}", ":[a-z]{1,3}"],
        path in "[a-z/. ]{0,8}",
        digest in prop_oneof!["", "#sha256=[0-9a-f]{60,64}"],
        location in parts(),
    ) {
        let text = format!("{scheme}://{user}:{SECRET}@{host}{port}/{path}?token={SECRET}{digest}");
        match RemoteUrl::parse(&text) {
            Err(error) => prop_assert!(!error.to_string().contains(SECRET), "{}", error),
            Ok(url) => {
                sound(&url);
                let shown = format!("{url} {url:?} {}", url.file_name());
                prop_assert!(!shown.contains(SECRET), "{}", shown);
                match url.redirected(&location) {
                    Err(error) => prop_assert!(!error.to_string().contains(SECRET), "{}", error),
                    Ok(next) => prop_assert!(!next.to_string().contains(SECRET)),
                }
            }
        }
    }
}
