package com.hyperledgendary.ccs.everything;

import static com.hyperledgendary.ccs.everything.Json.utf8;

import com.google.gson.JsonArray;
import java.util.Iterator;
import java.util.Map;
import org.hyperledger.fabric.shim.ChaincodeStub;
import org.hyperledger.fabric.shim.ledger.CompositeKey;
import org.hyperledger.fabric.shim.ledger.KeyModification;
import org.hyperledger.fabric.shim.ledger.KeyValue;
import org.hyperledger.fabric.shim.ledger.QueryResultsIterator;
import org.hyperledger.fabric.shim.ledger.QueryResultsIteratorWithMetadata;

/** Functions that read many public keys: ranges, composite keys, rich queries, history. */
final class QueryFunctions {
    static final Map<String, Function> ALL = Map.ofEntries(
            Map.entry("Range", Function.of(2, (stub, values) -> collect(stub.getStateByRange(values[0], values[1])))),
            Map.entry("RangeCount", Function.of(2, QueryFunctions::rangeCount)),
            Map.entry("RangeFirst", Function.of(3, QueryFunctions::rangeFirst)),
            Map.entry("RangePage", Function.of(4, QueryFunctions::rangePage)),
            Map.entry("RangeThenPut", Function.of(4, QueryFunctions::rangeThenPut)),
            Map.entry("TwoRanges", Function.of(4, QueryFunctions::twoRanges)),
            Map.entry("PageThenPut", Function.silent(4, QueryFunctions::pageThenPut)),
            Map.entry("PutThenPage", Function.of(4, QueryFunctions::putThenPage)),
            Map.entry("PutComposite", Function.silent(3, QueryFunctions::putComposite)),
            Map.entry("GetComposite", Function.of(2, QueryFunctions::getComposite)),
            Map.entry("CompositeRange", Function.of(2, QueryFunctions::compositeRange)),
            Map.entry("CompositePage", Function.of(4, QueryFunctions::compositePage)),
            Map.entry("Query", Function.of(1, (stub, values) -> collect(stub.getQueryResult(values[0])))),
            Map.entry("QueryPage", Function.of(3, QueryFunctions::queryPage)),
            Map.entry("QueryThenPut", Function.of(3, QueryFunctions::queryThenPut)),
            Map.entry("History", Function.of(1, QueryFunctions::history)));

    private QueryFunctions() {}

    /** Reads to the end and closes the iterator. */
    static byte[] collect(final QueryResultsIterator<KeyValue> results) {
        return Json.bytes(entries(results));
    }

    private static <R extends Iterable<KeyValue> & AutoCloseable> JsonArray entries(final R results) {
        final JsonArray entries = new JsonArray();
        for (final KeyValue result : results) {
            entries.add(Json.object("key", result.getKey(), "value", result.getStringValue()));
        }
        close(results);
        return entries;
    }

    private static byte[] collectPage(final QueryResultsIteratorWithMetadata<KeyValue> results) {
        final String bookmark = results.getMetadata().getBookmark();
        final int count = results.getMetadata().getFetchedRecordsCount();
        return Json.bytes(Json.object("bookmark", bookmark, "count", count, "results", entries(results)));
    }

    private static void close(final AutoCloseable results) {
        try {
            results.close();
        } catch (RuntimeException exception) {
            throw exception;
        } catch (Exception exception) {
            throw new IllegalStateException(exception);
        }
    }

    private static byte[] rangeCount(final ChaincodeStub stub, final String[] values) {
        return utf8(String.valueOf(entries(stub.getStateByRange(values[0], values[1])).size()));
    }

    /** Reads some results and closes the iterator before its end; returns the last key read. */
    private static byte[] rangeFirst(final ChaincodeStub stub, final String[] values) {
        final QueryResultsIterator<KeyValue> results = stub.getStateByRange(values[0], values[1]);
        final Iterator<KeyValue> iterator = results.iterator();
        String last = "";
        for (int count = Integer.parseInt(values[2]); count > 0; count--) {
            last = iterator.next().getKey();
        }
        close(results);
        return utf8(last);
    }

    private static byte[] rangePage(final ChaincodeStub stub, final String[] values) {
        final int size = Integer.parseInt(values[2]);
        return collectPage(stub.getStateByRangeWithPagination(values[0], values[1], size, values[3]));
    }

    private static byte[] rangeThenPut(final ChaincodeStub stub, final String[] values) {
        final byte[] count = rangeCount(stub, values);
        stub.putState(values[2], utf8(values[3]));
        return count;
    }

    /** Reads two open iterators in turn and returns the number of pairs. */
    private static byte[] twoRanges(final ChaincodeStub stub, final String[] values) {
        final QueryResultsIterator<KeyValue> left = stub.getStateByRange(values[0], values[1]);
        final QueryResultsIterator<KeyValue> right = stub.getStateByRange(values[2], values[3]);
        final Iterator<KeyValue> lefts = left.iterator();
        final Iterator<KeyValue> rights = right.iterator();
        int pairs = 0;
        while (lefts.hasNext() && rights.hasNext()) {
            lefts.next();
            rights.next();
            pairs++;
        }
        close(left);
        close(right);
        return utf8(String.valueOf(pairs));
    }

    /** Breaks the rule that paginated queries are for read-only transactions. */
    private static void pageThenPut(final ChaincodeStub stub, final String[] values) {
        rangePage(stub, new String[] {values[0], values[1], "1", ""});
        stub.putState(values[2], utf8(values[3]));
    }

    private static byte[] putThenPage(final ChaincodeStub stub, final String[] values) {
        stub.putState(values[2], utf8(values[3]));
        return rangePage(stub, new String[] {values[0], values[1], "1", ""});
    }

    static CompositeKey compositeKey(final ChaincodeStub stub, final String objectType, final String attributes) {
        return stub.createCompositeKey(objectType, Json.strings(attributes));
    }

    private static void putComposite(final ChaincodeStub stub, final String[] values) {
        stub.putState(compositeKey(stub, values[0], values[1]).toString(), utf8(values[2]));
    }

    private static byte[] getComposite(final ChaincodeStub stub, final String[] values) {
        return stub.getState(compositeKey(stub, values[0], values[1]).toString());
    }

    private static byte[] compositeRange(final ChaincodeStub stub, final String[] values) {
        return split(stub, stub.getStateByPartialCompositeKey(compositeKey(stub, values[0], values[1])));
    }

    /** Reads to the end; returns the results with their composite keys split. */
    static byte[] split(final ChaincodeStub stub, final QueryResultsIterator<KeyValue> results) {
        final JsonArray entries = new JsonArray();
        for (final KeyValue result : results) {
            final CompositeKey key = stub.splitCompositeKey(result.getKey());
            entries.add(Json.object(
                    "attributes", Json.array(key.getAttributes()),
                    "objectType", key.getObjectType(),
                    "value", result.getStringValue()));
        }
        close(results);
        return Json.bytes(entries);
    }

    private static byte[] compositePage(final ChaincodeStub stub, final String[] values) {
        final CompositeKey key = compositeKey(stub, values[0], values[1]);
        final int size = Integer.parseInt(values[2]);
        return collectPage(stub.getStateByPartialCompositeKeyWithPagination(key, size, values[3]));
    }

    private static byte[] queryPage(final ChaincodeStub stub, final String[] values) {
        return collectPage(stub.getQueryResultWithPagination(values[0], Integer.parseInt(values[1]), values[2]));
    }

    private static byte[] queryThenPut(final ChaincodeStub stub, final String[] values) {
        final int count = entries(stub.getQueryResult(values[0])).size();
        stub.putState(values[1], utf8(values[2]));
        return utf8(String.valueOf(count));
    }

    /** Fails for an entry without a timestamp. */
    private static byte[] history(final ChaincodeStub stub, final String[] values) {
        final JsonArray modifications = new JsonArray();
        final QueryResultsIterator<KeyModification> results = stub.getHistoryForKey(values[0]);
        for (final KeyModification result : results) {
            if (result.getTimestamp().getEpochSecond() == 0) {
                throw Everything.failure("a modification without a timestamp: " + result.getTxId());
            }
            modifications.add(Json.object(
                    "isDelete", result.isDeleted(), "txId", result.getTxId(), "value", result.getStringValue()));
        }
        close(results);
        return Json.bytes(modifications);
    }
}
