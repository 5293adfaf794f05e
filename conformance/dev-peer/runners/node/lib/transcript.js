// The transcript: its file, placeholders, and the comparison with the expected answers.
'use strict';

const fs = require('fs');
const { parse } = require('smol-toml');

// Matches any text.
const ANYTHING = '…';
const LANGUAGES = ['go', 'node', 'java'];
// Longer texts are truncated when printed.
const SHOWN = 600;

class Transcript {
    static read(file, options) {
        let steps;
        try {
            steps = parse(fs.readFileSync(file, 'utf8')).step;
        } catch (error) {
            throw new Error(`cannot read the transcript ${file}: ${error.message}`);
        }
        return new Transcript(steps, options);
    }

    constructor(steps, options) {
        this.steps = steps;
        this.available = new Set(options.with.flatMap((names) => names.split(',')));
        this.saved = new Map();
        this.values = new Map([
            ['channel', options.channel],
            ['chaincode', options.chaincode],
            ['run', `run${Date.now().toString(36)}-`],
        ]);
        for (const name of ['other-channel', 'other-chaincode', 'init-chaincode']) {
            if (options[name]) {
                this.available.add(name);
                this.values.set(name.replace('-', '_'), options[name]);
            }
        }
    }

    // Returns the reason why this run must skip the step, or undefined.
    skips(step, network) {
        const missing = (step.needs ?? []).filter((name) => !this.available.has(name));
        if (missing.length > 0) {
            return `needs ${missing.join(', ')}`;
        }
        if (step.language && !step.language.includes(this.language)) {
            return `not for ${this.language}`;
        }
        return network.hasUser(step.as) ? undefined : `there is no user ${step.as}`;
    }

    // Returns the step for this language, with the placeholders replaced that are known before it runs.
    fill(step) {
        const filled = {};
        for (const [key, value] of Object.entries(step)) {
            if (!LANGUAGES.some((language) => key.endsWith(`_${language}`))) {
                filled[key] = this.replace(step[`${key}_${this.language}`] ?? value);
            }
        }
        for (const key of ['result', 'error']) {
            const own = step[`${key}_${this.language}`];
            if (own !== undefined) {
                filled[key] = this.replace(own);
                delete filled[key === 'result' ? 'error' : 'result'];
            }
        }
        return filled;
    }

    replace(value) {
        if (typeof value === 'string') {
            return value.replace(/\$\{([^}]+)\}/g, (whole, name) => this.lookUp(name) ?? whole);
        }
        if (Array.isArray(value)) {
            return value.map((element) => this.replace(element));
        }
        if (value !== null && typeof value === 'object') {
            return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, this.replace(member)]));
        }
        return value;
    }

    lookUp(name) {
        const [step, field, member] = name.split('.');
        if (field === undefined) {
            return name === 'txid' ? undefined : this.values.get(name);
        }
        const value = this.find(step)[field];
        if (value === undefined) {
            throw new Error(`\${${name}} is not known: step "${step}" saved none`);
        }
        return String(member === undefined ? value : JSON.parse(value)[member]);
    }

    save(step, values) {
        if (step.save) {
            this.saved.set(step.save, { ...this.saved.get(step.save), ...values });
        }
    }

    find(name) {
        if (!this.saved.has(name)) {
            throw new Error(`no step before has saved "${name}"`);
        }
        return this.saved.get(name);
    }
}

function matches(expected, actual) {
    const parts = expected.split(ANYTHING).map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'));
    return new RegExp(`^${parts.join('[^]*')}$`).test(actual);
}

function expectText(what, expected, actual) {
    if (!matches(String(expected), String(actual))) {
        throw new Error(`${what}\nexpected ${shown(expected)}\nactual   ${shown(actual)}`);
    }
}

function shown(value) {
    const text = JSON.stringify(String(value));
    return text.length > SHOWN ? `${text.slice(0, SHOWN)}… (${text.length} characters)` : text;
}

module.exports = { Transcript, expectText };
