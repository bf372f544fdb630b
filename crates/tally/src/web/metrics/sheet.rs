//! Samples, as they were found, in the text format.

use super::table::{METRICS, Metric};
use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, EncodeMetric, MetricEncoder, text};
use prometheus_client::metrics::MetricType;
use prometheus_client::metrics::counter::ConstCounter;
use prometheus_client::metrics::gauge::ConstGauge;
use prometheus_client::registry::Registry;
use std::collections::BTreeMap;
use std::fmt;

/// Values of labels with their names.
type Labels = Vec<(&'static str, String)>;

/// What is known, by the name of the metric.
#[derive(Debug, Default)]
pub(super) struct Sheet {
    samples: BTreeMap<&'static str, Vec<(Labels, f64)>>,
}

impl Sheet {
    /// Adds a sample. The values of the labels are in the order of the metric's labels.
    pub(super) fn add(&mut self, metric: &Metric, labels: &[&str], value: f64) {
        debug_assert_eq!(metric.labels.len(), labels.len(), "{}", metric.name);
        let labels = metric.labels.iter().copied().zip(labels.iter().map(|value| (*value).to_owned())).collect();
        self.samples.entry(metric.name).or_default().push((labels, value));
    }

    /// A number of things.
    pub(super) fn add_n(&mut self, metric: &Metric, labels: &[&str], n: u64) {
        // Beyond 2^53 things nobody counts them one by one.
        self.add(metric, labels, n as f64);
    }

    /// The text. Metrics without a sample are left out.
    pub(super) fn into_text(self) -> String {
        let mut registry = Registry::default();
        registry.register_collector(Box::new(self));
        let mut text = String::new();
        // Writing to a string does not fail.
        let _ = text::encode(&mut text, &registry);
        text
    }
}

impl Collector for Sheet {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> Result<(), fmt::Error> {
        for metric in METRICS {
            let Some(samples) = self.samples.get(metric.name) else { continue };
            // The encoder ends every description with a full stop.
            let help = metric.help.trim_end_matches('.');
            let mut family = encoder.encode_descriptor(metric.name, help, None, metric.kind)?;
            for (labels, value) in samples {
                if labels.is_empty() {
                    encode(metric, *value, family)?;
                    break;
                }
                encode(metric, *value, family.encode_family(labels)?)?;
            }
        }
        Ok(())
    }
}

fn encode(metric: &Metric, value: f64, encoder: MetricEncoder<'_>) -> Result<(), fmt::Error> {
    match metric.kind {
        MetricType::Counter => ConstCounter::new(value as u64).encode(encoder),
        _ => ConstGauge::new(value).encode(encoder),
    }
}
