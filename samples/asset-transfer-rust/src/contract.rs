//! The contract: the functions with their arguments, and their effects on the world state.
//!
//! The texts of errors are part of the contract: those of the Node.js sample are the same.

use fabric_shim::{Chaincode, ChaincodeStub, Response, async_trait};

use crate::Asset;

/// The asset-transfer contract.
#[derive(Clone, Copy, Debug, Default)]
pub struct AssetTransfer;

#[async_trait]
impl Chaincode for AssetTransfer {
    async fn invoke(&self, stub: ChaincodeStub) -> Response {
        let (function, args) = stub.get_function_and_args();
        match Ledger(&stub).call(&function, &args).await {
            Ok(payload) => Response::success(payload),
            Err(error) => Response::error(error.to_string()),
        }
    }
}

/// The reason why a transaction was rejected, which clients see as the message of a response with status 500.
#[derive(Debug, thiserror::Error)]
enum ContractError {
    #[error("the asset {0} already exists")]
    AlreadyExists(String),
    #[error("the asset {0} does not exist")]
    DoesNotExist(String),
    #[error("{name} must be a whole number from 0 to {max}, got \"{text}\"", max = u32::MAX)]
    NotANumber { name: &'static str, text: String },
    // The texts of these two are those of fabric-contract-api for Node.js.
    #[error("Expected {expected} parameters, but {given} have been supplied")]
    ArgumentCount { expected: usize, given: usize },
    #[error("You've asked to invoke a function that does not exist: {0}")]
    UnknownFunction(String),
    #[error(transparent)]
    Json(#[from] serde_json::Error),
    #[error(transparent)]
    Shim(#[from] fabric_shim::Error),
}

type Result<T> = std::result::Result<T, ContractError>;

/// The world state in one transaction, which does not see its own writes.
struct Ledger<'a>(&'a ChaincodeStub);

impl Ledger<'_> {
    /// Calls one function and returns the payload of the response.
    ///
    /// Ignores arguments to a function without parameters, as fabric-contract-api for Node.js does.
    async fn call(&self, function: &str, args: &[String]) -> Result<Vec<u8>> {
        match function {
            "InitLedger" => self.init().await,
            "CreateAsset" => self.create(asset(exactly(args)?)?).await,
            "ReadAsset" => self.read(exactly(args)?).await,
            "UpdateAsset" => self.update(asset(exactly(args)?)?).await,
            "DeleteAsset" => self.delete(exactly(args)?).await,
            "AssetExists" => self.exists(exactly(args)?).await,
            "TransferAsset" => self.transfer(exactly(args)?).await,
            "GetAllAssets" => self.all().await,
            unknown => Err(ContractError::UnknownFunction(unknown.to_owned())),
        }
    }

    async fn init(&self) -> Result<Vec<u8>> {
        for asset in Asset::initial() {
            self.put(&asset).await?;
        }
        Ok(Vec::new())
    }

    async fn create(&self, asset: Asset) -> Result<Vec<u8>> {
        if self.find(&asset.id).await?.is_some() {
            return Err(ContractError::AlreadyExists(asset.id));
        }
        self.put(&asset).await
    }

    async fn read(&self, [id]: &[String; 1]) -> Result<Vec<u8>> {
        self.existing(id).await
    }

    async fn update(&self, asset: Asset) -> Result<Vec<u8>> {
        self.existing(&asset.id).await?;
        self.put(&asset).await
    }

    async fn delete(&self, [id]: &[String; 1]) -> Result<Vec<u8>> {
        self.existing(id).await?;
        self.0.del_state(id).await?;
        Ok(Vec::new())
    }

    async fn exists(&self, [id]: &[String; 1]) -> Result<Vec<u8>> {
        let exists = self.find(id).await?.is_some();
        Ok(exists.to_string().into_bytes())
    }

    /// Transfers an asset and returns the previous owner.
    async fn transfer(&self, [id, new_owner]: &[String; 2]) -> Result<Vec<u8>> {
        let mut asset: Asset = serde_json::from_slice(&self.existing(id).await?)?;
        let old_owner = std::mem::replace(&mut asset.owner, new_owner.clone());
        self.put(&asset).await?;
        Ok(old_owner.into_bytes())
    }

    /// Returns all assets as a JSON array, sorted by key.
    async fn all(&self) -> Result<Vec<u8>> {
        let records = self.0.get_state_by_range("", "").await?.collect_remaining().await?;
        let assets = records
            .iter()
            .map(|record| serde_json::from_slice(&record.value))
            .collect::<serde_json::Result<Vec<Asset>>>()?;
        Ok(serde_json::to_vec(&assets)?)
    }

    async fn put(&self, asset: &Asset) -> Result<Vec<u8>> {
        self.0.put_state(&asset.id, serde_json::to_vec(asset)?).await?;
        Ok(Vec::new())
    }

    async fn existing(&self, id: &str) -> Result<Vec<u8>> {
        self.find(id).await?.ok_or_else(|| ContractError::DoesNotExist(id.to_owned()))
    }

    async fn find(&self, id: &str) -> Result<Option<Vec<u8>>> {
        let bytes = self.0.get_state(id).await?;
        // Peers return an empty value for an absent key.
        Ok(Some(bytes).filter(|bytes| !bytes.is_empty()))
    }
}

fn asset([id, color, size, owner, appraised_value]: &[String; 5]) -> Result<Asset> {
    Ok(Asset {
        appraised_value: whole_number("AppraisedValue", appraised_value)?,
        color: color.clone(),
        id: id.clone(),
        owner: owner.clone(),
        size: whole_number("Size", size)?,
    })
}

fn whole_number(name: &'static str, text: &str) -> Result<u32> {
    text.parse().map_err(|_| ContractError::NotANumber { name, text: text.to_owned() })
}

fn exactly<const COUNT: usize>(args: &[String]) -> Result<&[String; COUNT]> {
    args.try_into().map_err(|_| ContractError::ArgumentCount { expected: COUNT, given: args.len() })
}
