// A contract that stores values under keys.
import { Context, Contract, Info, Returns, Transaction } from 'fabric-contract-api';

@Info({ title: 'Values', description: 'Keeps values under keys' })
export class Values extends Contract {
    @Transaction()
    public async Put(ctx: Context, key: string, value: string): Promise<void> {
        await ctx.stub.putState(key, Buffer.from(value));
    }

    @Transaction(false)
    @Returns('string')
    public async Get(ctx: Context, key: string): Promise<string> {
        const value = await ctx.stub.getState(key);
        return Buffer.from(value).toString();
    }
}

export const contracts = [Values];
