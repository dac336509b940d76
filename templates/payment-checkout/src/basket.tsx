import { type Currency, type Item, items, showAmount, totalOf } from "./order.ts";

interface BasketProps {
  readonly chosen: readonly Item[];
  readonly currency: Currency;
  readonly locked: boolean;
  readonly onChange: (chosen: readonly Item[]) => void;
}

export function Basket({ chosen, currency, locked, onChange }: BasketProps) {
  const toggle = (item: Item) =>
    onChange(chosen.includes(item) ? chosen.filter((other) => other !== item) : [...chosen, item]);
  return (
    <fieldset className="card" disabled={locked}>
      <legend>Basket</legend>
      {items.map((item) => (
        <label key={item.name} className="item">
          <input type="checkbox" checked={chosen.includes(item)} onChange={() => toggle(item)} />
          <span>{item.name}</span>
          <span className="price">{item.price}</span>
        </label>
      ))}
      <div className="item total">
        <span>Total</span>
        <span className="price" data-testid="total">
          {showAmount(totalOf(chosen), currency)}
        </span>
      </div>
    </fieldset>
  );
}
