//! Spans for a collector of OpenTelemetry: only in a binary that is built with the feature `otel`, and only where
//! `OTEL_EXPORTER_OTLP_ENDPOINT` names a collector.

use opentelemetry::trace::TracerProvider as _;
use opentelemetry_otlp::SpanExporter;
use opentelemetry_sdk::trace::{SdkTracer, SdkTracerProvider};
use std::io::{Write, stderr};
use tracing::Subscriber;
use tracing_opentelemetry::OpenTelemetryLayer;
use tracing_subscriber::registry::LookupSpan;

/// What exports spans for as long as it is there; dropped, it exports the last of them.
pub(crate) struct Exporter(Option<SdkTracerProvider>);

impl Exporter {
    /// The exporter that the environment asks for. One that cannot be made is told, and everything else goes on.
    #[expect(clippy::disallowed_methods, reason = "these settings are OpenTelemetry's own")]
    pub(crate) fn from_environment(serves: bool) -> Self {
        let endpoints = ["OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT"];
        if !serves || endpoints.iter().all(|name| std::env::var_os(name).is_none()) {
            return Self(None);
        }
        // The client of the exporter asks for it before ours does.
        let _installed = rustls::crypto::ring::default_provider().install_default();
        match SpanExporter::builder().with_http().build() {
            // Spans wait in a queue of bounded length, and leave from a thread of its own.
            Ok(exporter) => Self(Some(SdkTracerProvider::builder().with_batch_exporter(exporter).build())),
            Err(error) => {
                let _unheard = writeln!(stderr(), "warning: spans are not exported: {error}");
                Self(None)
            }
        }
    }

    /// What hands spans to it.
    pub(crate) fn layer<S>(&self) -> Option<OpenTelemetryLayer<S, SdkTracer>>
    where
        S: Subscriber + for<'s> LookupSpan<'s>,
    {
        let tracer = self.0.as_ref()?.tracer("sayso");
        Some(tracing_opentelemetry::layer().with_tracer(tracer))
    }
}

impl Drop for Exporter {
    fn drop(&mut self) {
        if let Some(Err(error)) = self.0.take().map(|provider| provider.shutdown()) {
            let _unheard = writeln!(stderr(), "warning: the last spans were not exported: {error}");
        }
    }
}
