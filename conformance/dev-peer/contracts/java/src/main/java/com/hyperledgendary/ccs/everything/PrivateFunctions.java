package com.hyperledgendary.ccs.everything;

import static com.hyperledgendary.ccs.everything.Json.utf8;

import com.google.gson.JsonArray;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Map;
import org.hyperledger.fabric.shim.ChaincodeStub;

/** Functions that use collections. */
final class PrivateFunctions {
    static final Map<String, Function> ALL = Map.ofEntries(
            Map.entry("PutPrivate", Function.silent(3, PrivateFunctions::putPrivate)),
            Map.entry("PutPrivateTransient", Function.silent(2, PrivateFunctions::putPrivateTransient)),
            Map.entry("GetPrivate", Function.of(2, (stub, values) -> stub.getPrivateData(values[0], values[1]))),
            Map.entry("GetManyPrivate", Function.of(2, PrivateFunctions::getManyPrivate)),
            Map.entry("IncrementPrivate", Function.of(2, PrivateFunctions::incrementPrivate)),
            Map.entry("DeletePrivate", Function.silent(2, (stub, values) -> stub.delPrivateData(values[0], values[1]))),
            Map.entry("PurgePrivate", Function.silent(2, (stub, values) -> stub.purgePrivateData(values[0], values[1]))),
            Map.entry("PrivateHash", Function.of(2, PrivateFunctions::privateHash)),
            Map.entry("PrivateRange", Function.of(3, PrivateFunctions::privateRange)),
            Map.entry("PutPrivateComposite", Function.silent(4, PrivateFunctions::putPrivateComposite)),
            Map.entry("PrivateCompositeRange", Function.of(3, PrivateFunctions::privateCompositeRange)),
            Map.entry("PrivateQuery", Function.of(2, PrivateFunctions::privateQuery)),
            Map.entry("PrivateRangeThenPut", Function.silent(5, PrivateFunctions::privateRangeThenPut)),
            Map.entry("PutThenPrivateRange", Function.of(5, PrivateFunctions::putThenPrivateRange)),
            Map.entry("SetPrivatePolicy", Function.silent(3, PrivateFunctions::setPrivatePolicy)),
            Map.entry("GetPrivatePolicy", Function.of(2, PrivateFunctions::getPrivatePolicy)));

    private PrivateFunctions() {}

    static void putPrivate(final ChaincodeStub stub, final String[] values) {
        stub.putPrivateData(values[0], values[1], utf8(values[2]));
    }

    /** Reads the value from the transient field "value", so that no transaction contains it. */
    private static void putPrivateTransient(final ChaincodeStub stub, final String[] values) {
        stub.putPrivateData(values[0], values[1], stub.getTransient().get("value"));
    }

    private static byte[] getManyPrivate(final ChaincodeStub stub, final String[] values) {
        final JsonArray found = new JsonArray();
        for (final String key : Json.strings(values[1])) {
            found.add(stub.getPrivateDataUTF8(values[0], key));
        }
        return Json.bytes(found);
    }

    /** Returns the new number. */
    private static byte[] incrementPrivate(final ChaincodeStub stub, final String[] values) {
        final byte[] count = StateFunctions.successor(stub.getPrivateDataUTF8(values[0], values[1]));
        stub.putPrivateData(values[0], values[1], count);
        return count;
    }

    /** Returns hexadecimal digits, none for an absent key. */
    private static byte[] privateHash(final ChaincodeStub stub, final String[] values) {
        return utf8(HexFormat.of().formatHex(stub.getPrivateDataHash(values[0], values[1])));
    }

    private static byte[] privateRange(final ChaincodeStub stub, final String[] values) {
        return QueryFunctions.collect(stub.getPrivateDataByRange(values[0], values[1], values[2]));
    }

    private static void putPrivateComposite(final ChaincodeStub stub, final String[] values) {
        final String key = QueryFunctions.compositeKey(stub, values[1], values[2]).toString();
        stub.putPrivateData(values[0], key, utf8(values[3]));
    }

    private static byte[] privateCompositeRange(final ChaincodeStub stub, final String[] values) {
        return QueryFunctions.split(
                stub,
                stub.getPrivateDataByPartialCompositeKey(
                        values[0], QueryFunctions.compositeKey(stub, values[1], values[2])));
    }

    private static byte[] privateQuery(final ChaincodeStub stub, final String[] values) {
        return QueryFunctions.collect(stub.getPrivateDataQueryResult(values[0], values[1]));
    }

    /** Breaks the rule that private queries are for read-only transactions. */
    private static void privateRangeThenPut(final ChaincodeStub stub, final String[] values) {
        privateRange(stub, values);
        StateFunctions.put(stub, Arrays.copyOfRange(values, 3, 5));
    }

    private static byte[] putThenPrivateRange(final ChaincodeStub stub, final String[] values) {
        StateFunctions.put(stub, Arrays.copyOfRange(values, 3, 5));
        return privateRange(stub, values);
    }

    private static void setPrivatePolicy(final ChaincodeStub stub, final String[] values) {
        stub.setPrivateDataValidationParameter(values[0], values[1], StateFunctions.policyOf(values[2]));
    }

    private static byte[] getPrivatePolicy(final ChaincodeStub stub, final String[] values) {
        return StateFunctions.organizationsOf(stub.getPrivateDataValidationParameter(values[0], values[1]));
    }
}
