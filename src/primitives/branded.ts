declare const brand: unique symbol;

/** A `T` that the compiler tells apart from other `T`s; made only by the parser of its type. */
export type Branded<T, Name extends string> = T & { readonly [brand]: Name };
