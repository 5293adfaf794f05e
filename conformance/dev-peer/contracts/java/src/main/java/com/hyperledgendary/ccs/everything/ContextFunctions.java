package com.hyperledgendary.ccs.everything;

import static com.hyperledgendary.ccs.everything.Json.text;
import static com.hyperledgendary.ccs.everything.Json.utf8;

import com.google.gson.JsonObject;
import com.google.protobuf.InvalidProtocolBufferException;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Instant;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Map;
import java.util.TreeMap;
import org.hyperledger.fabric.protos.msp.SerializedIdentity;
import org.hyperledger.fabric.shim.Chaincode;
import org.hyperledger.fabric.shim.ChaincodeStub;

/** Functions that return the context of a transaction, or access things outside the chaincode. */
final class ContextFunctions {
    static final Map<String, Function> ALL = Map.of(
            "About", Function.of(0, (stub, values) -> utf8("{\"language\":\"java\"}")),
            "Echo", Function.of(1, (stub, values) -> utf8(values[0])),
            "Context", Function.of(0, ContextFunctions::context),
            "Transient", Function.of(0, ContextFunctions::transientFields),
            "Call", Function.of(3, ContextFunctions::call),
            "Event", Function.silent(2, ContextFunctions::event),
            "TwoEvents", Function.silent(4, ContextFunctions::twoEvents));

    private ContextFunctions() {}

    /** Returns the SHA-256 of the certificate (PEM) as identity, and that of the proposal's signature. */
    private static byte[] context(final ChaincodeStub stub, final String[] values) {
        final SerializedIdentity creator = creator(stub);
        final Instant timestamp = stub.getTxTimestamp();
        return Json.bytes(Json.object(
                "binding", HexFormat.of().formatHex(stub.getBinding()),
                "channel", stub.getChannelId(),
                "identity", digest(creator.getIdBytes().toByteArray()),
                "mspId", creator.getMspid(),
                "signature", digest(stub.getSignedProposal().getSignature().toByteArray()),
                "timestamp", String.format("%d.%09d", timestamp.getEpochSecond(), timestamp.getNano()),
                "txId", stub.getTxId()));
    }

    private static SerializedIdentity creator(final ChaincodeStub stub) {
        try {
            return SerializedIdentity.parseFrom(stub.getCreator());
        } catch (InvalidProtocolBufferException exception) {
            throw Everything.failure("the creator is no identity: " + exception.getMessage());
        }
    }

    private static String digest(final byte[] bytes) {
        try {
            return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
        } catch (NoSuchAlgorithmException exception) {
            throw new IllegalStateException(exception);
        }
    }

    /** Returns the map, its names in alphabetical order. */
    private static byte[] transientFields(final ChaincodeStub stub, final String[] values) {
        final JsonObject fields = new JsonObject();
        new TreeMap<>(stub.getTransient()).forEach((name, value) -> fields.addProperty(name, text(value)));
        return Json.bytes(fields);
    }

    /** Invokes a function, given as a JSON array with its arguments, of another chaincode; no channel means this one. */
    private static byte[] call(final ChaincodeStub stub, final String[] values) {
        final Chaincode.Response response =
                stub.invokeChaincodeWithStringArgs(values[0], Arrays.asList(Json.strings(values[2])), values[1]);
        final String message = response.getMessage() == null ? "" : response.getMessage();
        final String payload = response.getPayload() == null ? "" : response.getStringPayload();
        return Json.bytes(Json.object("message", message, "payload", payload, "status", response.getStatusCode()));
    }

    static void event(final ChaincodeStub stub, final String[] values) {
        stub.setEvent(values[0], utf8(values[1]));
    }

    /** Sets two events, of which the peer uses the last. */
    private static void twoEvents(final ChaincodeStub stub, final String[] values) {
        event(stub, values);
        event(stub, Arrays.copyOfRange(values, 2, 4));
    }
}
