use ccs_proto::peer::{CollectionPolicyConfig, QueryResultBytes, collection_policy_config};

use super::*;

/// Creates a channel with a chaincode that has these collections.
fn channel_with(collections: Vec<StaticCollectionConfig>) -> Arc<Channel> {
    let config = collections
        .into_iter()
        .map(|collection| CollectionConfig { payload: Some(Config::StaticCollectionConfig(collection)) });
    let definition = Definition {
        sequence: 2,
        version: "2.0".to_owned(),
        collections: CollectionConfigPackage { config: config.collect() },
        ..Definition::default()
    };
    let channel = channel();
    channel.define("basic", &definition).unwrap();
    channel
}

/// Returns a collection whose members are the administrators.
fn of_administrators(name: &str, member_only_read: bool, member_only_write: bool) -> StaticCollectionConfig {
    let members = "OR('Org1MSP.admin')".parse::<ccs_identity::SignaturePolicy>().unwrap().to_envelope();
    let members = collection_policy_config::Payload::SignaturePolicy(members);
    StaticCollectionConfig {
        name: name.to_owned(),
        member_orgs_policy: Some(CollectionPolicyConfig { payload: Some(members) }),
        member_only_read,
        member_only_write,
        ..StaticCollectionConfig::default()
    }
}

#[test]
fn who_is_no_member_has_the_rights_that_are_not_kept_for_members() {
    let organization = organization();
    let channel = channel_with(vec![
        of_administrators("open", false, false),
        of_administrators("readable", false, true),
        of_administrators("writable", true, false),
        of_administrators("closed", true, true),
    ]);
    for (collection, may_read, may_write) in
        [("open", true, true), ("readable", true, false), ("writable", false, true), ("closed", false, false)]
    {
        let collection = || collection.to_owned();
        let read = GetState { key: "k".to_owned(), collection: collection() };
        let metadata = GetStateMetadata { key: "k".to_owned(), collection: collection() };
        let several = GetStateMultiple { keys: vec!["k".to_owned()], collection: collection() };
        let range = GetStateByRange { collection: collection(), ..GetStateByRange::default() };
        let rich = GetQueryResult {
            query: r#"{"selector":{}}"#.to_owned(),
            collection: collection(),
            ..GetQueryResult::default()
        };
        let put = PutState { collection: collection(), ..put("k", b"1") };
        let delete = DelState { key: "k".to_owned(), collection: collection() };
        let put_metadata = PutStateMetadata {
            key: "k".to_owned(),
            collection: collection(),
            metadata: Some(StateMetadata::default()),
        };
        let refusal = |type_name: &str, right: &str| {
            Err(format!(
                "{type_name} failed: transaction ID: t1: tx creator does not have {right} access permission on privatedata in \
                 chaincodeName:basic collectionName: {}",
                collection()
            ))
        };
        let by = |signer| proposed_by(signer, &organization, &channel);
        for (request, right, is_allowed) in [
            (request(Type::GetState, &read), "read", may_read),
            (request(Type::GetStateMetadata, &metadata), "read", may_read),
            (request(Type::GetStateMultiple, &several), "read", may_read),
            (request(Type::GetStateByRange, &range), "read", may_read),
            (request(Type::GetQueryResult, &rich), "read", may_read),
            (request(Type::PutState, &put), "write", may_write),
            (request(Type::DelState, &delete), "write", may_write),
            (request(Type::PurgePrivateData, &delete), "write", may_write),
            (request(Type::PutStateMetadata, &put_metadata), "write", may_write),
        ] {
            let type_name = request.r#type().as_str_name();
            let expected = if is_allowed { Ok(()) } else { refusal(type_name, right) };
            assert_eq!(send(&by(organization.user()), request.clone()).map(drop), expected, "{type_name}");
            assert_eq!(send(&by(organization.admin()), request).map(drop), Ok(()));
        }
        // Any client may read the hash.
        assert_eq!(ask(&by(organization.user()), Type::GetPrivateDataHash, &read).unwrap(), b"");
    }
}

#[test]
fn without_collections_a_hash_is_refused_as_for_any_other_collection() {
    let context = begin(&channel_with(Vec::new()), false);
    let hash = GetState { key: "k".to_owned(), collection: "secrets".to_owned() };
    assert_eq!(
        ask(&context, Type::GetPrivateDataHash, &hash).unwrap_err(),
        "GET_PRIVATE_DATA_HASH failed: transaction ID: t1: collection [secrets] not defined in the collection config for \
         chaincode [basic]"
    );
}

#[test]
fn the_implicit_collection_of_an_organization_outside_the_channel_is_not_defined() {
    let collection = || "_implicit_org_Org2MSP".to_owned();
    for channel in [channel(), channel_with(Vec::new())] {
        let context = begin(&channel, false);
        let get = GetState { key: "k".to_owned(), collection: collection() };
        let put = PutState { key: "k".to_owned(), value: b"v".to_vec(), collection: collection() };
        let delete = DelState { key: "k".to_owned(), collection: collection() };
        for (request, answer) in [
            ("GET_STATE", ask(&context, Type::GetState, &get)),
            ("GET_PRIVATE_DATA_HASH", ask(&context, Type::GetPrivateDataHash, &get)),
            ("PUT_STATE", ask(&context, Type::PutState, &put)),
            ("DEL_STATE", ask(&context, Type::DelState, &delete)),
            ("PURGE_PRIVATE_DATA", ask(&context, Type::PurgePrivateData, &delete)),
        ] {
            assert_eq!(
                answer.unwrap_err(),
                format!(
                    "{request} failed: transaction ID: t1: collection [_implicit_org_Org2MSP] not defined in the collection \
                     config for chaincode [basic]"
                )
            );
        }
    }
}

#[test]
fn of_a_page_of_a_collection_only_the_size_counts() {
    let channel = channel();
    let fill = begin(&channel, false);
    for key in ["a", "b", "c"] {
        fill.simulation().put_private("basic", "secrets", key, b"{}".to_vec()).unwrap();
    }
    channel.commit_unsigned(fill.shared_simulation().results(), "fill".to_owned()).unwrap();
    let metadata = QueryMetadata { page_size: 2, bookmark: "c".to_owned() }.encode_to_vec();
    let collection = || "secrets".to_owned();
    let range = GetStateByRange {
        collection: collection(),
        metadata: metadata.clone(),
        ..GetStateByRange::default()
    };
    let rich = GetQueryResult { query: r#"{"selector":{}}"#.to_owned(), collection: collection(), metadata };
    let context = begin(&channel, false);
    for page in [query(&context, Type::GetStateByRange, &range), query(&context, Type::GetQueryResult, &rich)]
    {
        let key = |found: &QueryResultBytes| Kv::decode(found.result_bytes.as_slice()).unwrap().key;
        assert_eq!(page.results.iter().map(key).collect::<Vec<_>>(), ["a", "b"]);
        assert_eq!((page.has_more, page.metadata.len()), (false, 0));
    }
}
