package com.hyperledgendary.ccs.everything;

import org.hyperledger.fabric.shim.ChaincodeStub;

/** One function of the contract, with its number of arguments after the name. */
record Function(int arguments, Body body) {
    /** Returns the payload. */
    @FunctionalInterface
    interface Body {
        byte[] run(ChaincodeStub stub, String[] arguments);
    }

    /** Returns no payload. */
    @FunctionalInterface
    interface Action {
        void run(ChaincodeStub stub, String[] arguments);
    }

    static Function of(final int arguments, final Body body) {
        return new Function(arguments, body);
    }

    static Function silent(final int arguments, final Action action) {
        return new Function(arguments, (stub, values) -> {
            action.run(stub, values);
            return new byte[0];
        });
    }
}
