package com.hyperledgendary.ccs.everything;

import org.hyperledger.fabric.metrics.Metrics;
import org.hyperledger.fabric.shim.ChaincodeServerProperties;
import org.hyperledger.fabric.shim.NettyChaincodeServer;
import org.hyperledger.fabric.traces.Traces;

/** The program: serves peers if there is an address to listen on, and otherwise dials the peer at --peer.address. */
public final class Main {
    private Main() {}

    public static void main(final String[] args) throws Exception {
        if (System.getenv("CHAINCODE_SERVER_ADDRESS") == null) {
            new Everything().start(args);
        } else {
            serve(new Everything());
        }
    }

    /** Does the same as the shim's ContractRouter, and requires client certificates if configured. */
    private static void serve(final Everything chaincode) throws Exception {
        chaincode.processEnvironmentOptions();
        chaincode.validateOptions();
        Metrics.initialize(chaincode.getChaincodeConfig());
        Traces.initialize(chaincode.getChaincodeConfig());
        final ChaincodeServerProperties properties = chaincode.getChaincodeServerConfig();
        final String clientAuthority = System.getenv("CHAINCODE_CLIENT_CA_CERT");
        if (properties.isTlsEnabled() && clientAuthority != null) {
            properties.setTrustCertCollectionFile(clientAuthority);
        }
        new NettyChaincodeServer(chaincode, properties).start();
    }
}
