export * from "./account-names.ts";
export * from "./atomic-file.ts";
export * from "./import-key.ts";
export * from "./key-file.ts";
export * from "./key-name.ts";
export * from "./keystore.ts";
export { decryptKey, encryptKey, type KeystoreV3, LIGHT_SCRYPT_N, STANDARD_SCRYPT_N } from "./keystore-cipher.ts";
export * from "./mnemonic.ts";
export * from "./node-keys.ts";
