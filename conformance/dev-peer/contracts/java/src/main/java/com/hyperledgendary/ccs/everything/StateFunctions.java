package com.hyperledgendary.ccs.everything;

import static com.hyperledgendary.ccs.everything.Json.utf8;

import com.google.gson.JsonArray;
import java.util.Map;
import java.util.TreeSet;
import org.hyperledger.fabric.shim.ChaincodeStub;
import org.hyperledger.fabric.shim.ext.sbe.StateBasedEndorsement;
import org.hyperledger.fabric.shim.ext.sbe.StateBasedEndorsement.RoleType;
import org.hyperledger.fabric.shim.ext.sbe.impl.StateBasedEndorsementFactory;

/** Functions that read and write single public keys. */
final class StateFunctions {
    static final Map<String, Function> ALL = Map.ofEntries(
            Map.entry("Put", Function.silent(2, StateFunctions::put)),
            Map.entry("Get", Function.of(1, (stub, values) -> stub.getState(values[0]))),
            Map.entry("Delete", Function.silent(1, (stub, values) -> stub.delState(values[0]))),
            Map.entry("PutThenGet", Function.of(2, StateFunctions::putThenGet)),
            Map.entry("PutTwice", Function.silent(3, StateFunctions::putTwice)),
            Map.entry("Increment", Function.of(1, StateFunctions::increment)),
            Map.entry("PutMany", Function.of(2, StateFunctions::putMany)),
            // This shim has no write batches.
            Map.entry("PutBatch", Function.of(2, StateFunctions::putMany)),
            Map.entry("GetMany", Function.of(1, StateFunctions::getMany)),
            Map.entry("PutBytes", Function.silent(2, StateFunctions::putBytes)),
            Map.entry("SetPolicy", Function.silent(2, StateFunctions::setPolicy)),
            Map.entry("GetPolicy", Function.of(1, StateFunctions::getPolicy)));

    private StateFunctions() {}

    static void put(final ChaincodeStub stub, final String[] values) {
        stub.putState(values[0], utf8(values[1]));
    }

    /** Returns the earlier value, because a transaction does not see its own writes. */
    private static byte[] putThenGet(final ChaincodeStub stub, final String[] values) {
        put(stub, values);
        return stub.getState(values[0]);
    }

    private static void putTwice(final ChaincodeStub stub, final String[] values) {
        stub.putState(values[0], utf8(values[1]));
        stub.putState(values[0], utf8(values[2]));
    }

    /** Returns the new number. */
    private static byte[] increment(final ChaincodeStub stub, final String[] values) {
        final byte[] count = successor(stub.getStringState(values[0]));
        stub.putState(values[0], count);
        return count;
    }

    /** Counts an absent value as 0. */
    static byte[] successor(final String value) {
        return utf8(String.valueOf(value.isEmpty() ? 1 : Integer.parseInt(value) + 1));
    }

    /** Writes the keys PREFIX0000, PREFIX0001, ..., and returns their number. */
    private static byte[] putMany(final ChaincodeStub stub, final String[] values) {
        final int count = Integer.parseInt(values[1]);
        for (int number = 0; number < count; number++) {
            final String group = number % 2 == 0 ? "even" : "odd";
            stub.putState(
                    String.format("%s%04d", values[0], number),
                    Json.bytes(Json.object("group", group, "number", number)));
        }
        return utf8(values[1]);
    }

    /** Returns the values, "" for an absent key. This shim reads one key at a time. */
    private static byte[] getMany(final ChaincodeStub stub, final String[] values) {
        final JsonArray found = new JsonArray();
        for (final String key : Json.strings(values[0])) {
            found.add(stub.getStringState(key));
        }
        return Json.bytes(found);
    }

    private static void putBytes(final ChaincodeStub stub, final String[] values) {
        stub.putState(values[0], FaultFunctions.fill(values[1]));
    }

    /** Requires endorsements of all given organizations for later writes to the key. */
    private static void setPolicy(final ChaincodeStub stub, final String[] values) {
        stub.setStateValidationParameter(values[0], policyOf(values[1]));
    }

    private static byte[] getPolicy(final ChaincodeStub stub, final String[] values) {
        return organizationsOf(stub.getStateValidationParameter(values[0]));
    }

    static byte[] policyOf(final String organizations) {
        final StateBasedEndorsement policy =
                StateBasedEndorsementFactory.getInstance().newStateBasedEndorsement(null);
        policy.addOrgs(RoleType.RoleTypePeer, Json.strings(organizations));
        return policy.policy();
    }

    /** Returns a sorted JSON array. */
    static byte[] organizationsOf(final byte[] policy) {
        final StateBasedEndorsement decoded =
                StateBasedEndorsementFactory.getInstance().newStateBasedEndorsement(policy);
        return Json.bytes(Json.array(new TreeSet<>(decoded.listOrgs())));
    }
}
