// ECDSA signatures in ASN.1 DER.
'use strict';

const P256_ORDER = BigInt('0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551');

// Returns the other valid signature: S becomes N - S. The SDK always uses the low one.
function highS(signature) {
    const bytes = Buffer.from(signature);
    const r = integer(bytes, 2);
    const s = integer(bytes, 2 + r.length);
    const value = BigInt(`0x${s.subarray(2).toString('hex')}`);
    const body = Buffer.concat([r, derInteger(P256_ORDER - value)]);
    return Buffer.concat([Buffer.from([0x30, body.length]), body]);
}

// The whole element that starts at this position.
function integer(bytes, start) {
    return bytes.subarray(start, start + 2 + bytes[start + 1]);
}

function derInteger(value) {
    let digits = value.toString(16);
    digits = digits.padStart(digits.length + (digits.length % 2), '0');
    let content = Buffer.from(digits, 'hex');
    if (content[0] >= 0x80) {
        content = Buffer.concat([Buffer.from([0]), content]);
    }
    return Buffer.concat([Buffer.from([0x02, content.length]), content]);
}

module.exports = { derInteger, highS };
