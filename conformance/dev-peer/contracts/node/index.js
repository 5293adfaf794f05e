// The program: serves peers if there is an address to listen on, and otherwise dials the peer at --peer.address.
'use strict';

const fs = require('fs');
const shim = require('fabric-shim');
const { Everything } = require('./lib/contract');

const SERVER_OPTIONS = {
    'grpc.max_send_message_length': -1,
    'grpc.max_receive_message_length': -1,
    'grpc.keepalive_time_ms': 110000,
    'grpc.keepalive_timeout_ms': 20000,
    'grpc.http2.min_time_between_pings_ms': 110000,
    'grpc.keepalive_permit_without_calls': 1,
};

// The variables are those of `fabric-chaincode-node server`.
function serverOptions(env) {
    const options = { ...SERVER_OPTIONS, ccid: env.CORE_CHAINCODE_ID, address: env.CORE_CHAINCODE_ADDRESS };
    if (env.CORE_CHAINCODE_TLS_KEY_FILE) {
        options.tlsProps = {
            key: fs.readFileSync(env.CORE_CHAINCODE_TLS_KEY_FILE),
            cert: fs.readFileSync(env.CORE_CHAINCODE_TLS_CERT_FILE),
            clientCACerts: readIfNamed(env.CORE_CHAINCODE_TLS_CLIENT_CACERT_FILE),
        };
    }
    return options;
}

function readIfNamed(file) {
    return file ? fs.readFileSync(file) : null;
}

if (process.env.CORE_CHAINCODE_ADDRESS) {
    shim.server(new Everything(), serverOptions(process.env)).start();
} else {
    shim.start(new Everything());
}
