//! What a person does by hand.

use super::part::Part;
use super::places::Places;
use crate::support::language::{Language, Text, text};
use crate::support::names::Single;
use crate::support::settings::Settings;

/// The variables of all commands.
pub(super) fn first(places: &Places<'_>) -> Part {
    let names = places.settings.names();
    let variables = [
        ("AWS_REGION", places.settings.region.to_string()),
        ("MACHINE", places.settings.machine_arn()),
        ("PIPELINE", names.of(Single::Pipeline)),
        ("BUCKET", places.bucket()),
        ("REPOSITORY", names.of(Single::Repository)),
        ("DEAD_LETTERS", names.of(Single::DeadLetters)),
        ("SERIES", places.settings.series.to_string()),
    ];
    let mut lines: Vec<String> = variables.iter().map(|(name, value)| format!("export {name}={value}")).collect();
    lines.push("export DATE=$(date -u +%Y%m%d)".to_owned());
    lines.push("aws sts get-caller-identity --query Account --output text".to_owned());
    let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
    let account = &places.settings.account;
    Part::new(text(
        format!("The commands below use these variables. The last line must print {account}."),
        format!("Os comandos abaixo usam estas variáveis. A última linha tem de imprimir {account}."),
    ))
    .run(&lines)
}

/// Every procedure, by its title.
pub(super) fn all(settings: &Settings) -> Vec<(Text, Part)> {
    let mut found = vec![
        (text("Run a date again", "Refazer uma data"), run_date()),
        (text("Run on from a state that failed", "Continuar de um estado que falhou"), redrive()),
        (text("Roll back the image", "Voltar a uma imagem anterior"), image(settings)),
        (text("Roll back the model", "Voltar a um modelo anterior"), model()),
        (text("Restore a state of Terraform", "Restaurar um estado do Terraform"), state(settings)),
        (text("Rotate a key", "Trocar uma chave"), key(settings)),
    ];
    let title = || text("Rotate the key of the data, or take it back", "Trocar a chave dos dados, ou trazê-la de volta");
    found.extend(data_key(settings).map(|part| (title(), part)));
    found
}

fn run_date() -> Part {
    Part::new(text(
        "A second execution of a date replaces its partitions, and gives the same result from the same data.",
        "Uma segunda execução de uma data substitui as partições dela, e dá o mesmo resultado com os mesmos dados.",
    ))
    .run(&[
        "EXECUTION=$(aws stepfunctions start-execution --state-machine-arn \"$MACHINE\" \
         --input \"{\\\"run_date\\\": \\\"$(date -u -d yesterday +%F)\\\"}\" --query executionArn --output text)",
        "aws stepfunctions describe-execution --execution-arn \"$EXECUTION\" --query status --output text",
    ])
}

fn redrive() -> Part {
    Part::new(text(
        "A redrive repeats the state that failed and goes on; what succeeded is not done again. `EXECUTION` is that of the alarm.",
        "Um redrive repete o estado que falhou e segue adiante; o que teve sucesso não é refeito. `EXECUTION` é a do alarme.",
    ))
    .run_there(&["aws stepfunctions redrive-execution --execution-arn \"$EXECUTION\""])
}

fn image(settings: &Settings) -> Part {
    Part::new(text(
        "The state machine runs an image by its digest. List them, the newest last, and apply an older one.",
        "A máquina de estados roda uma imagem pelo seu digest. Liste-as, a mais recente por último, e aplique uma mais antiga.",
    ))
    .run(&["aws ecr describe-images --repository-name \"$REPOSITORY\" \
             --query 'sort_by(imageDetails,&imagePushedAt)[].[imagePushedAt,imageDigest]' --output text"])
    .run_there(&[&format!("TF_VAR_image_digest=sha256:DIGEST oleoduto apply stepfunctions --env {}", settings.environment)])
}

fn model() -> Part {
    Part::new(text(
        "The champion is a folder with versions. Copy each object's earlier version over it; `mode` forecast then uses it \
         without training.",
        "O campeão é uma pasta com versões. Copie sobre cada objeto a versão anterior dele; com `mode` forecast, a execução o usa \
         sem treinar.",
    ))
    .run(&["aws s3api list-object-versions --bucket \"$BUCKET\" --prefix \"models/champion/$SERIES/\" --no-paginate \
            --query 'Versions[].[Key,VersionId,LastModified,IsLatest]' --output text"])
    .run_there(&[
        "aws s3api copy-object --bucket \"$BUCKET\" --key \"$KEY\" --copy-source \"$BUCKET/$KEY?versionId=$VERSION\"",
        "aws stepfunctions start-execution --state-machine-arn \"$MACHINE\" --input '{\"mode\": \"forecast\"}'",
    ])
}

fn state(settings: &Settings) -> Part {
    let environment = &settings.environment;
    let Some(bucket) = settings.state_bucket() else {
        return Part::new(text(
            "States are files in `states/`, without versions: restore them from a backup of the project's folder. Then look at what \
             `plan` would change.",
            "Os estados são arquivos em `states/`, sem versões: restaure-os de uma cópia de segurança da pasta do projeto. Depois veja \
             o que `plan` mudaria.",
        ))
        .run_there(&[&format!("oleoduto plan --env {environment} --refresh")]);
    };
    let key = settings.state_key("STACK");
    Part::new(text(
        "The bucket has every version. Nobody may apply meanwhile. Copy an earlier version over the state, and look at what `plan` \
         would change.",
        "O bucket tem todas as versões. Enquanto isso ninguém pode aplicar. Copie uma versão anterior sobre o estado, e veja o que \
         `plan` mudaria.",
    ))
    .run_there(&[
            &format!("aws s3api list-object-versions --bucket {bucket} --prefix {key} --query 'Versions[].[VersionId,LastModified]' --output text"),
            &format!("aws s3api copy-object --bucket {bucket} --key {key} --copy-source \"{bucket}/{key}?versionId=$VERSION\""),
            &format!("oleoduto plan --env {environment} --refresh"),
        ])
}

fn key(settings: &Settings) -> Part {
    let environment = &settings.environment;
    let keys = settings.parameters.ci.as_ref().is_some_and(|ci| ci.credentials == crate::parameters::Credentials::Keys);
    if keys {
        return Part::new(text(
            "The workflows have access keys. Create a second one, store it in each GitHub environment, run a plan, and only then \
             delete the old one.",
            "Os workflows têm chaves de acesso. Crie uma segunda, guarde-a em cada ambiente do GitHub, rode um plano, e só então \
             apague a antiga.",
        ))
        .run_there(&[
            "aws iam create-access-key --user-name \"$DEPLOYER\"",
            &format!("gh secret set AWS_ACCESS_KEY_ID --env {environment}-plan && gh secret set AWS_SECRET_ACCESS_KEY --env {environment}-plan"),
            "aws iam delete-access-key --user-name \"$DEPLOYER\" --access-key-id \"$OLD\"",
        ]);
    }
    Part::new(text(
        "The pipeline has no long-lived keys: its services assume roles, and workflows get tokens. To end sessions that are in wrong \
         hands, revoke those of the role: what was issued before now is denied.",
        "O pipeline não tem chaves de longa duração: seus serviços assumem papéis, e os workflows recebem tokens. Para encerrar \
         sessões que estão em mãos erradas, revogue as do papel: o que foi emitido antes de agora é negado.",
    ))
    .run_there(&[&format!(
        "aws iam put-role-policy --role-name {} --policy-name RevokeOlderSessions --policy-document \
         \"{{\\\"Version\\\":\\\"2012-10-17\\\",\\\"Statement\\\":[{{\\\"Effect\\\":\\\"Deny\\\",\\\"Action\\\":\\\"*\\\",\\\"Resource\\\":\\\"*\\\",\
         \\\"Condition\\\":{{\\\"DateLessThan\\\":{{\\\"aws:TokenIssueTime\\\":\\\"$(date -u +%FT%TZ)\\\"}}}}}}]}}\"",
        settings.names().of("ROLE")
    )])
}

/// Of the key that encrypts the data, if the environment has one of its own.
fn data_key(settings: &Settings) -> Option<Part> {
    let key = settings.parameters.security.kms_key.as_ref()?;
    let name = key.arn().map_or_else(|| settings.names().key_alias(), ToOwned::to_owned);
    let describe = format!("aws kms describe-key --key-id {name} --query 'KeyMetadata.[KeyState,Arn]' --output text");
    let rotated = if key.arn().is_none() {
        text(
            "KMS gives the key new material every year and keeps the old one, so nothing has to be encrypted again.",
            "O KMS dá à chave material novo todo ano e guarda o antigo, de modo que nada precisa ser cifrado de novo.",
        )
    } else {
        text("Whoever owns the key decides when it is rotated.", "Quem é dono da chave decide quando ela é trocada.")
    };
    let (english, portuguese) = (rotated.of(Language::English), rotated.of(Language::Portuguese));
    Some(
        Part::new(text(
            format!(
                "{english} `KEY` is the ARN that the first command prints. If it is not `Enabled`, every job fails with \
                 `AccessDenied` or `KMSInvalidStateException`: take back its deletion, and enable it.",
            ),
            format!(
                "{portuguese} `KEY` é o ARN que o primeiro comando imprime. Se ela não está `Enabled`, todo job falha com \
                 `AccessDenied` ou `KMSInvalidStateException`: cancele a exclusão dela, e a habilite.",
            ),
        ))
        .run(&[&describe])
        .run_there(&[
            "aws kms rotate-key-on-demand --key-id \"$KEY\"",
            "aws kms cancel-key-deletion --key-id \"$KEY\" && aws kms enable-key --key-id \"$KEY\"",
        ]),
    )
}
