import { EVMError } from "@ethereumjs/evm";

const { errorMessages } = EVMError;

/** What go-ethereum calls the exceptions of the EVM; tools look at the words. */
const gethNames: Readonly<Record<string, string>> = {
  [errorMessages.REVERT]: "execution reverted",
  [errorMessages.INVALID_JUMP]: "invalid jump destination",
  [errorMessages.STATIC_STATE_CHANGE]: "write protection",
  [errorMessages.CREATE_COLLISION]: "contract address collision",
  [errorMessages.CODESIZE_EXCEEDS_MAXIMUM]: "max code size exceeded",
  [errorMessages.CODESTORE_OUT_OF_GAS]: "contract creation code storage out of gas",
  [errorMessages.INVALID_BYTECODE_RESULT]: "invalid code: must not begin with 0xef",
  [errorMessages.INITCODE_SIZE_VIOLATION]: "max initcode size exceeded",
  [errorMessages.INSUFFICIENT_BALANCE]: "insufficient balance for transfer",
  [errorMessages.OUT_OF_RANGE]: "return data out of bounds",
};

/** Exceptions that have no name of their own there keep the EVM's. */
export function exceptionName(error: string): string {
  return gethNames[error] ?? error;
}
