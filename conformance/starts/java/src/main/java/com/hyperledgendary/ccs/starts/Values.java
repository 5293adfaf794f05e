package com.hyperledgendary.ccs.starts;

import java.nio.charset.StandardCharsets;
import java.util.List;
import org.hyperledger.fabric.shim.ChaincodeBase;
import org.hyperledger.fabric.shim.ChaincodeStub;
import org.hyperledger.fabric.shim.ResponseUtils;

/** Stores values under keys; its main method connects to the peer. */
public final class Values extends ChaincodeBase {
    @Override
    public Response init(ChaincodeStub stub) {
        return ResponseUtils.newSuccessResponse();
    }

    @Override
    public Response invoke(ChaincodeStub stub) {
        List<String> parameters = stub.getParameters();
        switch (stub.getFunction()) {
            case "Put":
                stub.putStringState(parameters.get(0), parameters.get(1));
                return ResponseUtils.newSuccessResponse();
            case "Get":
                String value = stub.getStringState(parameters.get(0));
                return ResponseUtils.newSuccessResponse(value.getBytes(StandardCharsets.UTF_8));
            default:
                return ResponseUtils.newErrorResponse("unknown function: " + stub.getFunction());
        }
    }

    /** Starts the chaincode. */
    public static void main(String[] args) {
        new Values().start(args);
    }
}
