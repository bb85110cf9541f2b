//! Starts a region: world, sockets, data plane. What runs is in [`Running`]; dropping it stops everything.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;

use anyhow::Context as _;
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, PrivateKeyDer};
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use tokio_rustls::TlsAcceptor;

use crate::authority::{Authority, Issued};
use crate::clock::Clock;
use crate::fault::Fault;
use crate::journal::PrintedOnPanic;
use crate::node::NodeBackend;
use crate::node::machine::Addresses;
use crate::region::World;
use crate::{Region, Settings, balancer, dns, starting, wire};

/// What a region is started with; `..Options::default()` for the rest.
pub struct Options {
    /// Region name.
    pub region: String,
    /// Twelve-digit account id.
    pub account: String,
    /// Host name to make a hosted zone and a certificate for.
    pub domain: Option<String>,
    /// How much faster than AWS things happen.
    pub speed: f64,
    /// Seed of every random choice.
    pub seed: u64,
    /// What goes wrong from the start.
    pub faults: Vec<Fault>,
    /// What runs instances; in-process nodes when None.
    pub nodes: Option<Arc<dyn NodeBackend>>,
    /// Addresses of a region whose nodes are machines on a network.
    pub addresses: Option<Addresses>,
    /// Base URL of an S3 server for the objects, such as `http://127.0.0.1:5000`.
    pub s3: Option<String>,
    /// Port of the endpoint; 0 takes a free one.
    pub port: u16,
    /// All that the operator's own user may do, a policy document; None lets it do everything.
    pub caller_policy: Option<serde_json::Value>,
    /// An account in which nobody has made a load balancer or a group: their service-linked roles are not there, and
    /// the seed decides whether the first use comes too early to use them.
    pub new_account: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            region: "us-east-1".to_owned(),
            account: "123456789012".to_owned(),
            domain: None,
            // A whole `up` of some minutes in less than a second.
            speed: 600.0,
            seed: 1,
            faults: Vec::new(),
            nodes: None,
            addresses: None,
            s3: None,
            port: 0,
            caller_policy: None,
            new_account: false,
        }
    }
}

/// A region that listens.
pub struct Running {
    region: Arc<Region>,
    authority: Arc<Authority>,
    endpoint: SocketAddr,
    dns: SocketAddr,
    parents: SocketAddr,
    balancer: balancer::Balancer,
    authority_file: tempfile::NamedTempFile,
    tasks: JoinSet<()>,
    _timeline: PrintedOnPanic,
}

/// Starts a region.
///
/// # Errors
/// When an address cannot be bound, or the domain is not a host name.
pub async fn start(options: Options) -> anyhow::Result<Running> {
    let (partition, url_suffix) = match options.region.as_str() {
        name if name.starts_with("cn-") => ("aws-cn", "amazonaws.com.cn"),
        name if name.starts_with("us-gov-") => ("aws-us-gov", "amazonaws.com"),
        _ => ("aws", "amazonaws.com"),
    };
    let settings = Settings {
        region: options.region,
        account: options.account,
        partition: partition.to_owned(),
        url_suffix: url_suffix.to_owned(),
        seed: options.seed,
    };
    let clock = Clock::new(options.speed);
    let authority = Authority::new(clock.now()).context("could not make the region's certificate authority")?;
    let authority = Arc::new(authority);
    let nodes = options.nodes.unwrap_or_else(|| Arc::new(crate::node::in_process::InProcess::default()));
    let region = Region::new(settings, clock, nodes, World::default());
    starting::fill(&region, &authority, options.domain.as_deref())?;
    region.world(|world| {
        world.iam.caller_policy = options.caller_policy;
        if options.new_account {
            world.iam.service_linked_roles_race = region.random.fixed("service-linked roles") < 0.5;
        } else {
            crate::service::iam::service_linked::make_all(&region, &mut world.iam);
        }
        world.acm.authority = Some(authority.clone());
        world.s3.behind = options.s3;
        if let Some(addresses) = &options.addresses {
            world.route53.server_address = Some(addresses.region);
            world.elbv2.free_addresses.clone_from(&addresses.balancers);
            let names = addresses.names.iter().map(|(name, address)| (name.to_ascii_lowercase(), vec![*address]));
            world.route53.service_names.extend(names);
        }
    });
    options.faults.into_iter().for_each(|fault| region.plant(fault));
    let mut tasks = JoinSet::new();
    let listener =
        TcpListener::bind((Ipv4Addr::LOCALHOST, options.port)).await.context("could not bind the endpoint")?;
    let endpoint = listener.local_addr()?;
    region.listens_at(format!("http://{endpoint}"));
    tasks.spawn(wire::serve(region.clone(), listener, None));
    let (udp, tcp) = dns::bind((Ipv4Addr::LOCALHOST, 0).into()).await.context("could not bind the DNS port")?;
    let dns = tcp.local_addr()?;
    tasks.spawn(dns::serve(region.clone(), dns::Role::Zones, udp, tcp));
    let (udp, tcp) = dns::bind((Ipv4Addr::LOCALHOST, 0).into()).await.context("could not bind the DNS port")?;
    let parents = tcp.local_addr()?;
    tasks.spawn(dns::serve(region.clone(), dns::Role::Parents, udp, tcp));
    if let Some(addresses) = &options.addresses {
        on_network(&region, &authority, addresses, &mut tasks).await?;
    }
    let balancer = balancer::start(&region).await.context("could not bind the edge")?;
    let authority_file = tempfile::Builder::new().prefix("dockreg-region-ca-").suffix(".pem").tempfile()?;
    std::fs::write(authority_file.path(), authority.pem())?;
    let timeline = PrintedOnPanic::new(region.clone());
    Ok(Running { region, authority, endpoint, dns, parents, balancer, authority_file, tasks, _timeline: timeline })
}

/// Binds what machines on a network expect at well-known ports.
async fn on_network(
    region: &Arc<Region>,
    authority: &Authority,
    addresses: &Addresses,
    tasks: &mut JoinSet<()>,
) -> anyhow::Result<()> {
    let at = |address: Ipv4Addr, port: u16| SocketAddr::new(IpAddr::V4(address), port);
    let bind = async |address: SocketAddr| {
        TcpListener::bind(address).await.with_context(|| format!("could not bind {address}"))
    };
    let Settings { region: name, url_suffix, .. } = &region.settings;
    let mut names = vec![url_suffix.clone()];
    for place in [
        url_suffix.clone(),
        format!("{name}.{url_suffix}"),
        format!("s3.{name}.{url_suffix}"),
        format!("s3.{url_suffix}"),
    ] {
        names.push(format!("*.{place}"));
    }
    let acceptor = acceptor(&authority.issue(&names)?)?;
    tasks.spawn(wire::serve(region.clone(), bind(at(addresses.region, 443)).await?, Some(acceptor)));
    tasks.spawn(wire::serve(region.clone(), bind(at(addresses.region, 80)).await?, None));
    let (udp, tcp) = dns::bind(at(addresses.region, 53)).await.context("could not bind port 53")?;
    tasks.spawn(dns::serve(region.clone(), dns::Role::Zones, udp, tcp));
    tasks.spawn(crate::node::metadata::serve(region.clone(), bind(at(addresses.metadata, 80)).await?));
    Ok(())
}

fn acceptor(issued: &Issued) -> anyhow::Result<TlsAcceptor> {
    let pem = format!("{}{}", issued.certificate, issued.chain);
    let chain = CertificateDer::pem_slice_iter(pem.as_bytes()).collect::<Result<Vec<_>, _>>()?;
    let key = PrivateKeyDer::from_pem_slice(issued.private_key.as_bytes())?;
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let mut settings = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_no_client_auth()
        .with_single_cert(chain, key)?;
    settings.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(TlsAcceptor::from(Arc::new(settings)))
}

impl Running {
    /// Where all services listen: `http://127.0.0.1:PORT`.
    pub fn endpoint(&self) -> String {
        format!("http://{}", self.endpoint)
    }

    /// Where every load balancer's port 443 is, by SNI.
    pub fn edge(&self) -> SocketAddr {
        self.balancer.edge()
    }

    /// Where the name servers listen, UDP and TCP.
    pub fn dns(&self) -> SocketAddr {
        self.dns
    }

    /// Where the name servers of the domains above listen, UDP and TCP: they refer to a zone's own.
    pub fn parents(&self) -> SocketAddr {
        self.parents
    }

    /// The region's certificate authority, PEM.
    pub fn ca_pem(&self) -> String {
        self.authority.pem().to_owned()
    }

    /// The authority itself, to issue further certificates.
    pub fn authority(&self) -> &Authority {
        &self.authority
    }

    /// The region behind the sockets.
    pub fn region(&self) -> Arc<Region> {
        self.region.clone()
    }

    /// Environment by which standard AWS clients and `dockreg` find the region.
    pub fn environment(&self) -> Vec<(String, String)> {
        let (edge, dns, parents) = (self.edge(), self.dns, self.parents);
        let connect = format!("a.root-servers.net:53:{parents},:443:{edge},:53:{dns}");
        [
            ("AWS_ENDPOINT_URL", self.endpoint()),
            ("AWS_ACCESS_KEY_ID", starting::ACCESS_KEY.to_owned()),
            ("AWS_SECRET_ACCESS_KEY", starting::SECRET_KEY.to_owned()),
            ("AWS_REGION", self.region.settings.region.clone()),
            ("AWS_DEFAULT_REGION", self.region.settings.region.clone()),
            ("AWS_EC2_METADATA_DISABLED", "true".to_owned()),
            ("DOCKREG_CA_FILE", self.authority_file.path().display().to_string()),
            ("DOCKREG_CONNECT_TO", connect),
        ]
        .map(|(name, value)| (name.to_owned(), value))
        .to_vec()
    }

    /// Stops everything and waits until the sockets are closed.
    pub async fn stop(mut self) {
        self.tasks.shutdown().await;
    }
}
