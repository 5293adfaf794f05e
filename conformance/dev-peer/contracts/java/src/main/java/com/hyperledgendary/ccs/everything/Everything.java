package com.hyperledgendary.ccs.everything;

import java.util.HashMap;
import java.util.Map;
import org.hyperledger.fabric.shim.ChaincodeBase;
import org.hyperledger.fabric.shim.ChaincodeException;
import org.hyperledger.fabric.shim.ChaincodeStub;

/** The contract, which uses only the shim. */
final class Everything extends ChaincodeBase {
    private static final Map<String, Function> FUNCTIONS = new HashMap<>();

    /** The functions that are called first for a definition with init_required. */
    private static final Map<String, Function> INIT_FUNCTIONS = Map.of(
            "InitPut", Function.silent(2, StateFunctions::put),
            "InitPutPrivate", Function.silent(3, PrivateFunctions::putPrivate),
            "InitFail", Function.silent(1, FaultFunctions::fail));

    static {
        FUNCTIONS.putAll(StateFunctions.ALL);
        FUNCTIONS.putAll(QueryFunctions.ALL);
        FUNCTIONS.putAll(PrivateFunctions.ALL);
        FUNCTIONS.putAll(ContextFunctions.ALL);
        FUNCTIONS.putAll(FaultFunctions.ALL);
    }

    @Override
    public Response init(final ChaincodeStub stub) {
        final String name = stub.getFunction();
        final int count = stub.getParameters().size();
        final Function function = INIT_FUNCTIONS.get(name);
        if (function == null || count != function.arguments()) {
            return error("there is no init function " + name + " with " + count + " arguments");
        }
        return answer(function, stub);
    }

    @Override
    public Response invoke(final ChaincodeStub stub) {
        final String name = stub.getFunction();
        final int count = stub.getParameters().size();
        if ("Fail".equals(name) && count == 2) {
            return FaultFunctions.failWithStatus(stub.getParameters());
        }
        final Function function = FUNCTIONS.get(name);
        if (function == null) {
            return error("there is no function " + name);
        }
        if (count != function.arguments()) {
            return error(name + " takes " + function.arguments() + " arguments, not " + count);
        }
        return answer(function, stub);
    }

    /** Returns the message of the exception; only that of Panic is passed to the shim. */
    private static Response answer(final Function function, final ChaincodeStub stub) {
        try {
            final String[] arguments = stub.getParameters().toArray(new String[0]);
            return new Response(200, "", function.body().run(stub, arguments));
        } catch (FaultFunctions.Panic panic) {
            throw panic;
        } catch (RuntimeException exception) {
            return error(exception.getMessage());
        }
    }

    private static Response error(final String message) {
        return new Response(500, message, null);
    }

    /** The exception of a function that fails on purpose. */
    static ChaincodeException failure(final String message) {
        return new ChaincodeException(message);
    }
}
