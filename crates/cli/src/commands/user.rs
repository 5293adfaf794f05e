//! `ccs user`: the users of an organization of a development network.

use std::time::SystemTime;

use ccs_builder::ExitCode;
use ccs_identity::{Attributes, NewUser, User, UserError, Users};
use ccs_report::moment::{date, timestamp};
use serde_json::{Value, json};

use crate::cli::{self, UserAdd, UserList};
use crate::failure::Failure;
use crate::network;
use crate::output;
use crate::style;
use crate::table::Table;

pub(crate) fn run(command: &cli::User) -> Result<(), Failure> {
    match command {
        cli::User::Add(options) => add(options),
        cli::User::List(options) => list(options),
    }
}

fn add(options: &UserAdd) -> Result<(), Failure> {
    let users = Users::find(&options.place.organizations, options.place.organization.as_deref())?;
    let pairs = options.attributes.iter().map(|it| (it.name.as_str(), it.value.as_str()));
    let attributes = pairs.collect::<Attributes>();
    let user = NewUser { name: options.name.clone(), role: options.kind.role(), attributes };
    let user = users.add(&user, SystemTime::now())?;
    let msp = options.place.organization.as_ref().and_then(|_| network::msp_of(&user.folder.join("msp")));
    let msp = msp.map(|msp| format!(" --msp {msp}")).unwrap_or_default();
    let next = format!("ccs query CHAINCODE FUNCTION --user {}{msp}", user.name);
    answer(&users, &[user], options.place.json)?;
    output::print_next(&next);
    Ok(())
}

fn list(options: &UserList) -> Result<(), Failure> {
    let users = Users::find(&options.place.organizations, options.place.organization.as_deref())?;
    answer(&users, &users.list(), options.place.json)
}

fn answer(organization: &Users, users: &[User], is_json: bool) -> Result<(), Failure> {
    if is_json {
        let users: Vec<_> = users.iter().map(document).collect();
        let domain = organization.domain().as_str();
        return output::print_json(&json!({ "organization": domain, "users": users }));
    }
    let mut table = Table::default();
    table.row(["NAME", "TYPE", "ATTRIBUTES", "VALID UNTIL", "FOLDER"]);
    for user in users {
        // The certificate shows the others in other words.
        let own = user.attributes.iter().filter(|(name, _)| !name.starts_with("hf."));
        let own: Vec<_> = own.map(|(name, value)| format!("{name}={value}")).collect();
        let own = if own.is_empty() { "-".to_owned() } else { own.join(" ") };
        let folder = user.folder.display().to_string();
        table.row([user.name.clone(), user.units.join(" "), own, date(user.not_after), folder]);
    }
    let text = table.text();
    let (heading, rows) = text.split_once('\n').unwrap_or((&text, ""));
    let name = style::NAME;
    output::print(&format!("{name}{heading}{name:#}\n{rows}"))
}

fn document(user: &User) -> Value {
    json!({
        "name": user.name,
        "type": user.units.join(" "),
        "attributes": user.attributes.iter().collect::<std::collections::BTreeMap<_, _>>(),
        "folder": user.folder,
        "not_after": timestamp(user.not_after),
    })
}

impl From<UserError> for Failure {
    fn from(error: UserError) -> Self {
        let code = match &error {
            UserError::NoCa { .. } | UserError::Unread { .. } | UserError::Write(_) => {
                Some(ExitCode::InputOutput)
            }
            UserError::Issue(_) | UserError::Msp(_) | UserError::OtherCa { .. } => Some(ExitCode::Tls),
            _ => None,
        };
        Self::from_error(&error).hint(error.hint()).with_code(code)
    }
}
