/**
 * Ends one thing after the other. One that fails, as all that write do on a full disk, keeps none from ending.
 *
 * @throws the first of the errors, when all steps have been tried
 */
export async function endAll(steps: readonly (() => Promise<unknown> | unknown)[]): Promise<void> {
  const errors: unknown[] = [];
  for (const step of steps) {
    try {
      await step();
    } catch (error) {
      errors.push(error);
    }
  }
  if (errors.length > 0) throw errors[0];
}
