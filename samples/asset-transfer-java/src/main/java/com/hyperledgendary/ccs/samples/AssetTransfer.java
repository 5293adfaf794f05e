package com.hyperledgendary.ccs.samples;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.hyperledger.fabric.contract.Context;
import org.hyperledger.fabric.contract.ContractInterface;
import org.hyperledger.fabric.contract.annotation.Contract;
import org.hyperledger.fabric.contract.annotation.Default;
import org.hyperledger.fabric.contract.annotation.Transaction;
import org.hyperledger.fabric.shim.ChaincodeException;
import org.hyperledger.fabric.shim.ledger.KeyValue;
import org.json.JSONObject;

/** The asset-transfer contract; the shim's ContractRouter finds and serves it. */
@Contract(name = "AssetTransfer")
@Default
public final class AssetTransfer implements ContractInterface {
    private static final long MAX_NUMBER = 0xffffffffL;

    /** Writes six assets. */
    @Transaction
    public void InitLedger(final Context context) {
        put(context, "asset1", "blue", 5, "Tomoko", 300);
        put(context, "asset2", "red", 5, "Brad", 400);
        put(context, "asset3", "green", 10, "Jin Soo", 500);
        put(context, "asset4", "yellow", 10, "Max", 600);
        put(context, "asset5", "black", 15, "Adriana", 700);
        put(context, "asset6", "white", 15, "Michel", 800);
    }

    /** Writes one asset that is not there yet. */
    @Transaction
    public void CreateAsset(
            final Context context,
            final String id,
            final String color,
            final String size,
            final String owner,
            final String appraisedValue) {
        final long number = wholeNumber("Size", size);
        final long value = wholeNumber("AppraisedValue", appraisedValue);
        if (!find(context, id).isEmpty()) {
            throw new ChaincodeException("the asset " + id + " already exists");
        }
        put(context, id, color, number, owner, value);
    }

    /** Gives an asset as JSON. */
    @Transaction(intent = Transaction.TYPE.EVALUATE)
    public String ReadAsset(final Context context, final String id) {
        final String found = find(context, id);
        if (found.isEmpty()) {
            throw new ChaincodeException("the asset " + id + " does not exist");
        }
        return found;
    }

    /** Removes an asset. */
    @Transaction
    public void DeleteAsset(final Context context, final String id) {
        ReadAsset(context, id);
        context.getStub().delState(id);
    }

    /** Gives a JSON array in the order of the keys. */
    @Transaction(intent = Transaction.TYPE.EVALUATE)
    public String GetAllAssets(final Context context) {
        final List<String> assets = new ArrayList<>();
        for (final KeyValue result : context.getStub().getStateByRange("", "")) {
            assets.add(result.getStringValue());
        }
        return "[" + String.join(",", assets) + "]";
    }

    private static String find(final Context context, final String id) {
        return new String(context.getStub().getState(id), StandardCharsets.UTF_8);
    }

    /** Keys in alphabetical order, so that every peer endorses the same bytes. */
    private static void put(
            final Context context,
            final String id,
            final String color,
            final long size,
            final String owner,
            final long appraisedValue) {
        final String json = String.format(
                "{\"AppraisedValue\":%d,\"Color\":%s,\"ID\":%s,\"Owner\":%s,\"Size\":%d}",
                appraisedValue, JSONObject.quote(color), JSONObject.quote(id), JSONObject.quote(owner), size);
        context.getStub().putState(id, json.getBytes(StandardCharsets.UTF_8));
    }

    private static long wholeNumber(final String name, final String text) {
        if (text.matches("\\+?[0-9]{1,18}") && Long.parseLong(text) <= MAX_NUMBER) {
            return Long.parseLong(text);
        }
        throw new ChaincodeException(
                name + " must be a whole number from 0 to " + MAX_NUMBER + ", got \"" + text + "\"");
    }
}
