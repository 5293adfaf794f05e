package com.hyperledgendary.ccs.everything;

import static com.hyperledgendary.ccs.everything.Json.utf8;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.hyperledger.fabric.shim.Chaincode;
import org.hyperledger.fabric.shim.ChaincodeStub;

/** Functions that fail, return large results, or are slow. */
final class FaultFunctions {
    static final Map<String, Function> ALL = Map.of(
            "Throw", Function.silent(1, FaultFunctions::fail),
            "Panic", Function.silent(1, FaultFunctions::panic),
            "Exit", Function.silent(1, (stub, values) -> Runtime.getRuntime().halt(Integer.parseInt(values[0]))),
            "EventAndFail", Function.silent(2, FaultFunctions::eventAndFail),
            "Sleep", Function.of(1, FaultFunctions::sleep),
            "Bytes", Function.of(1, (stub, values) -> fill(values[0])));

    private FaultFunctions() {}

    /** An exception that only the shim catches, which reports it to the peer. */
    static final class Panic extends RuntimeException {
        private static final long serialVersionUID = 1;

        private Panic(final String message) {
            super(message);
        }
    }

    /** Answers with the given status and message, and the payload "details". */
    static Chaincode.Response failWithStatus(final List<String> values) {
        return new Chaincode.Response(Integer.parseInt(values.get(0)), values.get(1), utf8("details"));
    }

    static void fail(final ChaincodeStub stub, final String[] values) {
        throw Everything.failure(values[0]);
    }

    private static void panic(final ChaincodeStub stub, final String[] values) {
        throw new Panic(values[0]);
    }

    private static void eventAndFail(final ChaincodeStub stub, final String[] values) {
        ContextFunctions.event(stub, values);
        throw Everything.failure("failed after the event");
    }

    /** Takes milliseconds. */
    private static byte[] sleep(final ChaincodeStub stub, final String[] values) {
        try {
            Thread.sleep(Long.parseLong(values[0]));
        } catch (InterruptedException exception) {
            Thread.currentThread().interrupt();
            throw Everything.failure("the sleep was interrupted");
        }
        return utf8("slept");
    }

    /** Returns a text of letters x. */
    static byte[] fill(final String size) {
        final byte[] bytes = new byte[Integer.parseInt(size)];
        Arrays.fill(bytes, (byte) 'x');
        return bytes;
    }
}
