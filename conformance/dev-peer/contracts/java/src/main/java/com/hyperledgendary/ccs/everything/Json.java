package com.hyperledgendary.ccs.everything;

import com.google.gson.Gson;
import com.google.gson.GsonBuilder;
import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonPrimitive;
import java.nio.charset.StandardCharsets;

/** JSON formatted like JavaScript: without spaces, and &lt; &gt; &amp; unescaped. */
final class Json {
    private static final Gson GSON = new GsonBuilder().disableHtmlEscaping().create();

    private Json() {}

    static byte[] bytes(final JsonElement element) {
        return utf8(GSON.toJson(element));
    }

    static byte[] utf8(final String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    static String text(final byte[] bytes) {
        return new String(bytes, StandardCharsets.UTF_8);
    }

    static String[] strings(final String json) {
        return GSON.fromJson(json, String[].class);
    }

    static JsonArray array(final Iterable<String> texts) {
        final JsonArray array = new JsonArray();
        texts.forEach(array::add);
        return array;
    }

    /** Takes alternating names and values. */
    static JsonObject object(final Object... members) {
        final JsonObject object = new JsonObject();
        for (int index = 0; index < members.length; index += 2) {
            object.add((String) members[index], element(members[index + 1]));
        }
        return object;
    }

    private static JsonElement element(final Object value) {
        if (value instanceof JsonElement element) {
            return element;
        } else if (value instanceof Number number) {
            return new JsonPrimitive(number);
        } else if (value instanceof Boolean bool) {
            return new JsonPrimitive(bool);
        }
        return new JsonPrimitive((String) value);
    }
}
