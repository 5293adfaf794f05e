//! Creates certificates for each run, because certificates in files would expire.

use std::collections::BTreeMap;

use anyhow::{Context, Result, bail};
use rcgen::{
    BasicConstraints, CertificateParams, DistinguishedName, DnType, IsCa, Issuer, KeyPair, KeyUsagePurpose,
    PKCS_ECDSA_P256_SHA256, PKCS_ECDSA_P384_SHA384, PKCS_ED25519,
};
use time::{Duration, OffsetDateTime};

use super::recipe::{KeyKind, Recipe};
use super::texts::Texts;

struct Made {
    params: CertificateParams,
    key: KeyPair,
    pem: String,
}

/// Creates the certificates of a case.
pub(crate) fn make(recipes: &BTreeMap<String, Recipe>) -> Result<Texts> {
    let mut made = BTreeMap::new();
    for name in recipes.keys() {
        make_one(name, recipes, &mut made, 0)?;
    }
    let mut texts = Texts::default();
    for (name, Made { key, pem, .. }) in made {
        texts.add(format!("{name}.key"), key.serialize_pem());
        texts.add(format!("{name}.cert"), pem);
    }
    Ok(texts)
}

/// Creates one certificate after its issuers.
fn make_one(
    name: &str,
    recipes: &BTreeMap<String, Recipe>,
    made: &mut BTreeMap<String, Made>,
    depth: usize,
) -> Result<()> {
    let recipe = recipes.get(name).with_context(|| format!("there is no certificate {name:?}"))?;
    if depth > recipes.len() {
        bail!("the issuers of certificate {name:?} form a cycle");
    }
    if made.contains_key(name) {
        return Ok(());
    }
    let key = KeyPair::generate_for(match recipe.key {
        KeyKind::P256 => &PKCS_ECDSA_P256_SHA256,
        KeyKind::P384 => &PKCS_ECDSA_P384_SHA384,
        KeyKind::Ed25519 => &PKCS_ED25519,
    })?;
    let params = params(name, recipe)?;
    let certificate = match &recipe.signed_by {
        None => params.self_signed(&key)?,
        Some(issuer) => {
            make_one(issuer, recipes, made, depth + 1)?;
            let issuer = &made[issuer];
            params.signed_by(&key, &Issuer::from_params(&issuer.params, &issuer.key))?
        }
    };
    made.insert(name.to_owned(), Made { pem: certificate.pem(), params, key });
    Ok(())
}

fn params(name: &str, recipe: &Recipe) -> Result<CertificateParams> {
    let mut params = CertificateParams::new(recipe.names.clone())?;
    params.distinguished_name = DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, name);
    let now = OffsetDateTime::now_utc();
    let an_hour_beyond = |days: i64| Duration::days(days) + Duration::hours(if days < 0 { -1 } else { 1 });
    params.not_after = now + an_hour_beyond(recipe.days);
    params.not_before = now + an_hour_beyond(recipe.from.min(recipe.days - 1));
    if recipe.authority {
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign];
    }
    Ok(params)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::make;
    use crate::recipe::Recipe;

    fn recipes(text: &str) -> BTreeMap<String, Recipe> {
        toml::from_str(text).expect("recipes")
    }

    #[test]
    fn placeholders_become_json_text_and_come_back() {
        let texts = make(&recipes("ca = { authority = true }\nclient = { signed_by = 'ca' }")).expect("made");
        let input = br#"{"a":"@pem:ca.cert@","b":"@pem:client.key@"}"#;
        let filled = texts.fill(input.to_vec());
        let value: serde_json::Value = serde_json::from_slice(&filled).expect("still JSON");
        assert!(value["a"].as_str().is_some_and(|pem| pem.starts_with("-----BEGIN CERTIFICATE-----\n")));
        assert_eq!(texts.redact(filled), input);
    }

    #[test]
    fn issuers_that_go_round_in_a_circle_are_an_error() {
        let Err(error) = make(&recipes("a = { signed_by = 'b' }\nb = { signed_by = 'a' }")) else {
            panic!("certificates without a beginning were made");
        };
        assert!(error.to_string().contains("form a cycle"), "{error}");
    }
}
