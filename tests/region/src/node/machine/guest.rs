//! One Debian machine under systemd-nspawn: its network, its boot, commands inside it, its end.

use std::fs;
use std::net::Ipv4Addr;
use std::path::PathBuf;
use std::process::Stdio;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use tokio::process::{Child, Command};
use tokio::sync::Mutex;

use super::command::run;
use super::control_groups;
use super::root::{File, Root};

/// Where machines are made.
#[derive(Debug, Clone)]
pub struct Host {
    /// The cached tree every machine's root lies over.
    pub root: PathBuf,
    /// Folder for what machines write; on a file system that Docker's overlay2 accepts.
    pub scratch: PathBuf,
    /// Start of the name of every namespace, link and control group.
    pub prefix: String,
}

/// How a machine is attached to the network.
#[derive(Debug, Clone)]
pub struct Link {
    /// Bridge of this network namespace.
    pub bridge: String,
    pub address: Ipv4Addr,
    /// Prefix length of the network around `address`.
    pub prefix: u8,
    /// Where everything else goes.
    pub gateway: Ipv4Addr,
    /// MAC address, if it matters.
    pub mac: Option<String>,
}

/// What a machine is booted with.
#[derive(Debug)]
pub struct Spec {
    /// Unique among the host's machines.
    pub name: String,
    pub host_name: String,
    pub link: Link,
    /// Its name server.
    pub resolver: Ipv4Addr,
    /// A certificate authority (PEM) that its system trusts beside the well-known ones.
    pub authority: Option<String>,
    /// Files laid over the tree.
    pub files: Vec<File>,
    /// Bytes of its disk; as many as the host has when absent.
    pub disk: Option<u64>,
    /// Files taken away from the tree.
    pub removed: Vec<String>,
    /// Read-only binds: path here, path inside.
    pub binds: Vec<(PathBuf, String)>,
}

/// nspawn leaves `/proc/sys` and the controllers of version 1 read-only, and Docker needs both. Runs before all else.
const WRITABLE_KERNEL: &str = "\
[Unit]
DefaultDependencies=no
Before=sysinit.target
[Service]
Type=oneshot
ExecStart=/bin/sh -c 'for m in /proc/sys /sys/fs/cgroup /sys/fs/cgroup/*/; do mount -o remount,bind,rw,nosuid,nodev,noexec $m; done; true'
";

/// Puts the shell into every control group given as an argument up to `--`, then becomes the command after it.
const ENTER_GROUPS: &str =
    r#"while [ "$1" != -- ]; do echo $$ > "$1/cgroup.procs" || exit 1; shift; done; shift; exec "$@""#;

/// How long nspawn may take until the machine's first process is there.
const LEADER_LIMIT: Duration = Duration::from_secs(30);

/// A machine that was booted.
pub struct Guest {
    address: Ipv4Addr,
    folder: PathBuf,
    namespace: String,
    /// Its link's end on the bridge.
    port: String,
    root: Root,
    nspawn: Mutex<Child>,
    nspawn_pid: u32,
    ended: AtomicBool,
}

impl Guest {
    /// Lays the machine's root file system and network and starts it; it boots on by itself.
    ///
    /// # Errors
    /// When one of the system's tools fails; nothing is left then but empty folders.
    pub async fn boot(host: &Host, spec: Spec) -> Result<Self> {
        let namespace = format!("{}{}", host.prefix, spec.name);
        // A link's name has at most 15 bytes; the end of an instance id tells instances apart.
        let port = format!("v{}", &namespace[namespace.len().saturating_sub(13)..]);
        let folder = host.scratch.join(&spec.name);
        let root = Root::mount(&host.root, &folder, spec.disk).await?;
        let started = async {
            furnish(&root, host, &spec)?;
            attach(&namespace, &port, &spec.link).await?;
            start(&namespace, &folder, &root, &spec)
        };
        match started.await {
            Ok(nspawn) => {
                let nspawn_pid = nspawn.id().context("systemd-nspawn ended at once")?;
                let ended = AtomicBool::new(false);
                let address = spec.link.address;
                let nspawn = Mutex::new(nspawn);
                Ok(Self { address, folder, namespace, port, root, nspawn, nspawn_pid, ended })
            }
            Err(error) => {
                root.remove().await;
                detach(&namespace).await;
                Err(error.context(format!("could not boot {}", spec.name)))
            }
        }
    }

    /// Its address.
    pub fn address(&self) -> Ipv4Addr {
        self.address
    }

    /// What it wrote to its console so far.
    pub fn console(&self) -> String {
        fs::read(self.folder.join("console"))
            .map(|text| String::from_utf8_lossy(&text).into_owned())
            .unwrap_or_default()
    }

    /// Whether it boots or runs: false once it powered itself off or was cut.
    pub fn runs(&self) -> bool {
        if let Ok(mut nspawn) = self.nspawn.try_lock()
            && !matches!(nspawn.try_wait(), Ok(None))
        {
            self.ended.store(true, Ordering::Relaxed);
        }
        !self.ended.load(Ordering::Relaxed)
    }

    /// Its first process, as this process namespace numbers it: another one after each reboot.
    ///
    /// # Errors
    /// When it does not come up in time.
    pub async fn leader(&self) -> Result<u32> {
        let children = format!("/proc/{0}/task/{0}/children", self.nspawn_pid);
        let deadline = tokio::time::Instant::now() + LEADER_LIMIT;
        while tokio::time::Instant::now() < deadline && self.runs() {
            let found = fs::read_to_string(&children).unwrap_or_default();
            // Before the machine's own init runs, the child is a copy of nspawn that lays the ground.
            if let Some(pid) = found.split_whitespace().next().and_then(|pid| pid.parse().ok())
                && fs::read_to_string(format!("/proc/{pid}/comm")).is_ok_and(|name| name.trim() == "systemd")
            {
                return Ok(pid);
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        bail!("{} has no first process", self.namespace)
    }

    /// A command that runs inside it, as root with a plain environment and the further variables given.
    ///
    /// # Errors
    /// When its first process does not come up in time.
    pub async fn command(&self, environment: &[(String, String)], argv: &[&str]) -> Result<Command> {
        let leader = self.leader().await?.to_string();
        let mut command = Command::new("nsenter");
        command.args(["--target", &leader, "--mount", "--uts", "--ipc", "--net", "--pid", "--cgroup", "--root"]);
        command.args(["--wd", "env", "-i", "HOME=/root", "LANG=C.UTF-8", "TERM=dumb"]);
        command.arg("PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin");
        command.args(environment.iter().map(|(name, value)| format!("{name}={value}"))).args(argv);
        command.kill_on_drop(true);
        Ok(command)
    }

    /// Waits until its system has started all that it starts at boot.
    ///
    /// # Errors
    /// When it ends before that, or does not answer commands.
    pub async fn booted(&self) -> Result<()> {
        while self.runs() {
            let state = self.command(&[], &["systemctl", "is-system-running"]).await?.output().await?;
            // `degraded`: something failed that may not matter; whoever needs it will see.
            if [b"running".as_slice(), b"degraded"].contains(&state.stdout.trim_ascii()) {
                return Ok(());
            }
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
        bail!("{} ended while it booted", self.namespace)
    }

    /// Has it shut down in order; cuts it after `limit`.
    pub async fn power_off(&self, limit: Duration) {
        if let Ok(leader) = self.leader().await {
            // systemd's signal for an orderly power-off: https://www.freedesktop.org/software/systemd/man/systemd.html
            if let Err(error) = run("kill", &["-s", "RTMIN+4", &leader.to_string()]).await {
                tracing::debug!("{error:#}");
            }
            let mut nspawn = self.nspawn.lock().await;
            if tokio::time::timeout(limit, nspawn.wait()).await.is_ok() {
                self.ended.store(true, Ordering::Relaxed);
                return;
            }
        }
        self.cut().await;
    }

    /// Cuts its network: it lives on, and no packet reaches it or leaves it.
    ///
    /// # Errors
    /// When it has no link any more.
    pub async fn unplug(&self) -> Result<()> {
        run("ip", &["link", "set", &self.port, "down"]).await.map(drop)
    }

    /// Cuts its power: it answers no packet any more, and every process of it is gone when this returns.
    pub async fn cut(&self) {
        // Without this its network would live on and refuse connections, which a dead machine does not.
        if let Err(error) = self.unplug().await {
            tracing::debug!("{error:#}");
        }
        // The death of nspawn alone would leave the machine running.
        if let Ok(leader) = self.leader().await
            && let Err(error) = run("kill", &["-s", "KILL", &leader.to_string()]).await
        {
            tracing::debug!("{error:#}");
        }
        if let Err(error) = self.nspawn.lock().await.kill().await {
            tracing::debug!("could not kill {}: {error}", self.namespace);
        }
        self.ended.store(true, Ordering::Relaxed);
    }

    /// Frees what an ended machine held: mounts, folders, link, namespace, control groups.
    pub async fn remove(&self) {
        self.root.remove().await;
        detach(&self.namespace).await;
        control_groups::remove_all(&self.namespace);
    }
}

/// Writes what distinguishes this machine's root file system from the tree.
fn furnish(root: &Root, host: &Host, spec: &Spec) -> Result<()> {
    root.write(&File::text("/etc/hostname", format!("{}\n", spec.host_name)))?;
    root.write(&File::text("/etc/hosts", format!("127.0.0.1 localhost\n{} {}\n", spec.link.address, spec.host_name)))?;
    root.write(&File::text("/etc/resolv.conf", format!("nameserver {}\n", spec.resolver)))?;
    root.write(&File::text("/etc/machine-id", ""))?;
    root.write(&File::text("/etc/systemd/system/writable-kernel.service", WRITABLE_KERNEL))?;
    let wanted = root.path().join("etc/systemd/system/sysinit.target.wants");
    fs::create_dir_all(&wanted)?;
    std::os::unix::fs::symlink("../writable-kernel.service", wanted.join("writable-kernel.service"))?;
    if let Some(authority) = &spec.authority {
        const BUNDLE: &str = "/etc/ssl/certs/ca-certificates.crt";
        let known = fs::read_to_string(host.root.join(BUNDLE.trim_start_matches('/')))?;
        root.write(&File::text(BUNDLE, format!("{known}{authority}")))?;
        root.write(&File::text("/usr/local/share/ca-certificates/region.crt", authority.as_str()))?;
    }
    for path in &spec.removed {
        root.delete(path)?;
    }
    spec.files.iter().try_for_each(|file| root.write(file))
}

/// Makes the machine's network namespace, with `eth0` on the bridge.
async fn attach(namespace: &str, port: &str, link: &Link) -> Result<()> {
    let (address, gateway) = (format!("{}/{}", link.address, link.prefix), link.gateway.to_string());
    run("ip", &["netns", "add", namespace]).await?;
    let mut add = vec!["link", "add", port, "type", "veth", "peer", "name", "eth0"];
    if let Some(mac) = &link.mac {
        add.extend(["address", mac]);
    }
    add.extend(["netns", namespace]);
    run("ip", &add).await?;
    run("ip", &["link", "set", port, "master", &link.bridge, "up"]).await?;
    run("ip", &["-n", namespace, "link", "set", "lo", "up"]).await?;
    run("ip", &["-n", namespace, "addr", "add", &address, "dev", "eth0"]).await?;
    run("ip", &["-n", namespace, "link", "set", "eth0", "up"]).await?;
    run("ip", &["-n", namespace, "route", "add", "default", "via", &gateway]).await?;
    Ok(())
}

/// Deletes the namespace; its end of the link goes with it, and so does the other.
async fn detach(namespace: &str) {
    if let Err(error) = run("ip", &["netns", "delete", namespace]).await {
        tracing::debug!("{error:#}");
    }
}

/// Starts systemd-nspawn in control groups of the machine's own.
fn start(namespace: &str, folder: &std::path::Path, root: &Root, spec: &Spec) -> Result<Child> {
    let groups = control_groups::make(namespace).context("could not make the machine's control groups")?;
    let console = fs::File::create(folder.join("console")).context("could not make the console's file")?;
    let unified = control_groups::unified();
    let mut command = Command::new("sh");
    command.args(["-c", ENTER_GROUPS, "sh"]).args(&groups).args(["--", "systemd-nspawn", "--quiet"]);
    // Nobody to register with, and the groups are made already.
    command.args(["--register=no", "--keep-unit", "--console=read-only", "--boot"]);
    command.arg(format!("--machine={namespace}")).arg(format!("--hostname={}", spec.host_name));
    command.arg("--directory").arg(root.path());
    command.arg(format!("--network-namespace-path=/run/netns/{namespace}"));
    command.arg("--resolv-conf=off").arg("--timezone=off");
    // overlay2 refuses an overlay below it.
    command.arg(format!("--bind={}:/var/lib/docker", folder.join("docker").display()));
    for (here, inside) in &spec.binds {
        command.arg(format!("--bind-ro={}:{inside}", here.display()));
    }
    // Docker in the machine mounts, makes namespaces and keyrings, and loads BPF programs.
    command.args(["--capability=all", "--system-call-filter=@keyring bpf @privileged @mount"]);
    command
        .env("SYSTEMD_NSPAWN_USE_CGNS", "1")
        .env("SYSTEMD_NSPAWN_UNIFIED_HIERARCHY", if unified { "1" } else { "0" });
    if !unified {
        // Debian 13's systemd refuses the old hierarchies without these words on its command line.
        command.args(["systemd.unified_cgroup_hierarchy=0", "SYSTEMD_CGROUP_ENABLE_LEGACY_FORCE=1"]);
    }
    command.stdin(Stdio::null()).stdout(console.try_clone()?).stderr(console).process_group(0).kill_on_drop(true);
    command.spawn().context("could not start systemd-nspawn")
}
