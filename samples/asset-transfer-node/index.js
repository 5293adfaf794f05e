// The entry point that fabric-chaincode-node loads: the contracts of this chaincode.
'use strict';

const { AssetTransfer } = require('./lib/assetTransfer');

module.exports.contracts = [AssetTransfer];
