/** Width of a bucket: finer than anybody needs, and small whatever the number of samples. */
const BUCKET_MS = 10;

/** How many blocks took how long: `[ms, count]`, ascending. Plain data, so that runs on other threads can be summed. */
export type LatencyHistogram = readonly (readonly [number, number])[];

export function histogramOf(samples: Iterable<number>): LatencyHistogram {
  const counts = new Map<number, number>();
  for (const sample of samples) {
    const bucket = Math.ceil(sample / BUCKET_MS) * BUCKET_MS;
    counts.set(bucket, (counts.get(bucket) ?? 0) + 1);
  }
  return ascending(counts);
}

export function mergeHistograms(histograms: Iterable<LatencyHistogram>): LatencyHistogram {
  const counts = new Map<number, number>();
  for (const histogram of histograms) {
    for (const [bucket, count] of histogram) counts.set(bucket, (counts.get(bucket) ?? 0) + count);
  }
  return ascending(counts);
}

export function sampleCount(histogram: LatencyHistogram): number {
  return histogram.reduce((sum, [, count]) => sum + count, 0);
}

/** Nearest-rank percentile in ms, rounded up to the bucket; undefined without samples. */
export function percentileOf(histogram: LatencyHistogram, share: number): number | undefined {
  const wanted = Math.max(1, Math.ceil(share * sampleCount(histogram)));
  let seen = 0;
  for (const [bucket, count] of histogram) {
    seen += count;
    if (seen >= wanted) return bucket;
  }
  return undefined;
}

function ascending(counts: ReadonlyMap<number, number>): LatencyHistogram {
  return [...counts].sort(([a], [b]) => a - b);
}
